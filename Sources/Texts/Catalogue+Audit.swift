extension Catalogue {
    /// What was done, for the audit trail and for approvals, by `auditAction.` and `Endpoint.action`.
    static let auditActions: [Entry] = nodeActions + userActions

    private static let nodeActions: [Entry] = [
        Entry("auditAction.POST /v1/setup", "Set a node up", "设置节点"),
        Entry("auditAction.POST /v1/master/switch", "Switched the master", "切换主节点"),
        Entry("auditAction.POST /v1/nodes/pending/{id}/approve", "Approved a node", "批准节点"),
        Entry("auditAction.POST /v1/nodes/pending/{id}/reject", "Rejected a node", "拒绝节点"),
        Entry("auditAction.DELETE /v1/nodes/{id}", "Removed a node", "移除节点"),
        Entry("auditAction.POST /v1/nodes/{id}/replace", "Replaced a node", "替换节点"),
        Entry("auditAction.PUT /v1/configuration", "Changed the configuration", "修改配置"),
        Entry("auditAction.POST /v1/tokens", "Made a join token", "创建加入令牌"),
        Entry("auditAction.DELETE /v1/tokens/{id}", "Revoked a join token", "吊销加入令牌"),
        Entry("auditAction.PUT /v1/license", "Installed a license", "安装许可证"),
        Entry("auditAction.DELETE /v1/license", "Removed the license", "移除许可证"),
    ]

    private static let userActions: [Entry] = [
        Entry("auditAction.POST /v1/sessions", "Logged in", "登录"),
        Entry("auditAction.DELETE /v1/session", "Logged out", "退出登录"),
        Entry("auditAction.DELETE /v1/sessions/{id}", "Ended a session", "结束会话"),
        Entry("auditAction.PUT /v1/session/password", "Changed the own password", "修改自己的密码"),
        Entry("auditAction.POST /v1/session/totp", "Began with a second factor", "开始设置第二验证因素"),
        Entry("auditAction.PUT /v1/session/totp", "Set a second factor up", "启用第二验证因素"),
        Entry("auditAction.DELETE /v1/session/totp", "Gave the second factor up", "停用第二验证因素"),
        Entry("auditAction.POST /v1/users", "Added a user", "添加用户"),
        Entry("auditAction.PUT /v1/users/{id}", "Changed a user", "修改用户"),
        Entry("auditAction.DELETE /v1/users/{id}", "Removed a user", "移除用户"),
        Entry("auditAction.DELETE /v1/users/{id}/totp", "Reset a user's second factor", "重置用户的第二验证因素"),
        Entry("auditAction.POST /v1/user-tokens", "Made an API token", "创建 API 令牌"),
        Entry("auditAction.DELETE /v1/user-tokens/{id}", "Revoked an API token", "吊销 API 令牌"),
        Entry("auditAction.POST /v1/approvals/{id}/approve", "Approved a request", "批准请求"),
        Entry("auditAction.POST /v1/approvals/{id}/reject", "Rejected a request", "拒绝请求"),
        Entry("auditAction.PUT /v1/security", "Changed the rules of security", "修改安全规则"),
    ]
}
