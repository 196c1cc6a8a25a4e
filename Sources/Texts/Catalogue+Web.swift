extension Catalogue {
    /// The certificate of the virtual address.
    static let webCertificate: [Entry] = [
        Entry("reason.webPEM", "must be PEM of at most 32 KiB", "必须是不超过 32 KiB 的 PEM"),
        Entry("reason.webNames", "must list 1 to 16 names", "必须列出 1 到 16 个名称"),
        Entry("reason.web.certificateUnreadable", "holds no certificate that can be read", "不包含可读取的证书"),
        Entry("reason.web.keyUnreadable", "holds no private key that can be read", "不包含可读取的私钥"),
        Entry("reason.web.keyOfAnother", "does not belong to the certificate", "与证书不匹配"),
        Entry("reason.web.expired", "has expired", "已过期"),
        Entry("reason.web.notYetValid", "is not valid yet", "尚未生效"),
        Entry(
            "event.webCertificateChanged", "{who} changed the certificate of the virtual address: {subject}.",
            "{who} 更换了虚拟地址的证书：{subject}。"),
        Entry("auditAction.PUT /v1/web-certificate", "Changed the web certificate", "更换网站证书"),
        Entry("auditAction.DELETE /v1/web-certificate", "Took the cluster's own web certificate", "恢复集群自己的网站证书"),
        Entry("auditAction.POST /v1/web-certificate/request", "Asked for a signing request", "生成证书签名请求"),
        Entry("web.title", "Web certificate", "网站证书"),
        Entry("web.own", "the cluster's own, renewed by itself", "集群自签，自动续期"),
        Entry("web.given", "given by you; renew it in time", "由您提供；请及时续期"),
        Entry("web.kind", "Origin", "来源"),
        Entry("web.subject", "Subject", "主体"),
        Entry("web.issuer", "Issuer", "颁发者"),
        Entry("web.names", "Names", "名称"),
        Entry("web.expires", "Valid until", "有效期至"),
        Entry("web.fingerprint", "SHA-256", "SHA-256"),
        Entry("web.upload", "Use another certificate", "使用其他证书"),
        Entry("web.certificates", "Certificate and chain (PEM)", "证书及证书链（PEM）"),
        Entry("web.key", "Private key (PEM)", "私钥（PEM）"),
        Entry(
            "web.keyHint", "Empty: the key of the last signing request. Nodes then join through a node's own address.",
            "留空：使用最近一次签名请求的密钥。此后新节点需通过节点自身的地址加入。"),
        Entry("web.request", "Make a signing request", "生成签名请求"),
        Entry("web.requestNames", "DNS names", "域名"),
        Entry(
            "web.requestText", "Let your authority sign this, then give the certificate above; the key stays here.",
            "请让您的颁发机构签署此请求，然后在上方提交证书；密钥保留在此。"),
        Entry("web.reset", "Back to the cluster's own", "恢复集群自己的证书"),
        Entry("web.changed", "The certificate of the virtual address is now: {subject}.", "虚拟地址的证书现为：{subject}。"),
    ]
}
