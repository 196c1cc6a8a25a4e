import Identity
import JoinCore
import Testing

/// What the fuzzer of uploads has found.
@Suite struct WebIdentityTests {
    /// By openssl, with the extension 2.5.29.17=DER:30:03:82:05:61: a name that is longer than the extension.
    private let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBgDCCASegAwIBAgIUTV0Zw+hxMZizMPCu/r3w9h5y3nwwCgYIKoZIzj0EAwIw
        DjEMMAoGA1UEAwwDb2RkMCAXDTI2MTEyNTIxMzgzM1oYDzIxMjYxMTAxMjEzODMz
        WjAOMQwwCgYDVQQDDANvZGQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQm8i+q
        vvkaShbS9GaDsY7fn4lMMxvGIkC2egTkpnVKJI3g0KBuNOWirc24x+mJO7eGa9HE
        FuWjb8ZefGAkTiA+o2EwXzAdBgNVHQ4EFgQUAUbEwxzFyv6D421/6AZMkKAare4w
        HwYDVR0jBBgwFoAUAUbEwxzFyv6D421/6AZMkKAare4wDwYDVR0TAQH/BAUwAwEB
        /zAMBgNVHREEBTADggVhMAoGCCqGSM49BAMCA0cAMEQCIFb63AdwCfMRh63wJCFR
        r0IzPMgCCFSaFRy78IJt14JiAiAEg3Lxk/wo+A80VeiN2NLlKDRqTVzHGhANoJa7
        DENAZw==
        -----END CERTIFICATE-----

        """
    private let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsayoYef8ND3fTKAm
        jJ3JlMC+elvYxy39lkrW/GcIVrShRANCAAQm8i+qvvkaShbS9GaDsY7fn4lMMxvG
        IkC2egTkpnVKJI3g0KBuNOWirc24x+mJO7eGa9HEFuWjb8ZefGAkTiA+
        -----END PRIVATE KEY-----

        """

    @Test func aCertificateWhoseNamesCannotBeReadIsNotTaken() {
        let now = WallTime(secondsSince1970: 1_800_000_000)
        #expect(throws: WebIdentityProblem.certificateUnreadable) {
            try WebIdentity(certificates: certificate, key: key, at: now)
        }
    }
}
