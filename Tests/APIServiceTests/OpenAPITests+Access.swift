import APIProtocol

extension OpenAPITests {
    var accessChecks: [String: ([UInt8]) throws -> Bool] {
        [
            "LoginRequest": same(LoginRequest.self), "CreatedSession": same(CreatedSession.self),
            "SessionInfoList": same(ItemList<SessionInfo>.self), "WhoAmI": same(WhoAmI.self),
            "PasswordChange": same(PasswordChange.self), "SecondFactorSecret": same(SecondFactorSecret.self),
            "SecondFactorCode": same(SecondFactorCode.self), "RecoveryCodeList": same(RecoveryCodeList.self),
            "PasswordProof": same(PasswordProof.self), "UserInfoList": same(ItemList<UserInfo>.self),
            "UserInfo": same(UserInfo.self), "NewUser": same(NewUser.self), "UserChange": same(UserChange.self),
            "AuditEntryList": same(ItemList<AuditEntry>.self), "AuditReport": same(AuditReport.self),
            "AuditNote": same(AuditNote.self), "ApprovalInfoList": same(ItemList<ApprovalInfo>.self),
            "HeldAnswer": same(HeldAnswer.self), "SecuritySettings": same(SecuritySettings.self),
        ]
    }
}
