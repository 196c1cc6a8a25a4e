extension Catalogue {
    /// What is wrong with a request or with who sends it.
    static let requestErrors: [Entry] = [
        Entry(
            "error.malformed", "The request is not valid: {reason}.",
            "请求格式不正确：{reason}。"),
        Entry("error.unknownField", "Unknown field '{field}'.", "未知字段“{field}”。"),
        Entry("error.missingField", "The field '{field}' is missing.", "缺少字段“{field}”。"),
        Entry("error.invalidValue", "The field '{field}' {reason}.", "字段“{field}”的值无效：{reason}。"),
        Entry("error.duplicateField", "The field '{field}' is given twice.", "字段“{field}”出现了两次。"),
        Entry("error.tooLarge", "The request is larger than {limit} bytes.", "请求超过 {limit} 字节。"),
        Entry(
            "error.unsupportedMedia", "The body must be application/json, not '{type}'.",
            "请求正文必须是 application/json，而不是“{type}”。"),
        Entry("error.notFound", "There is nothing at '{path}'.", "“{path}”不存在。"),
        Entry("error.methodNotAllowed", "'{path}' does not accept {method}.", "“{path}”不接受 {method} 方法。"),
        Entry(
            "error.unauthenticated", "A user token is needed: send 'Authorization: Bearer TOKEN'.",
            "需要用户令牌：请发送“Authorization: Bearer 令牌”。"),
        Entry(
            "error.tokenRefused", "The token or session is unknown, ended or expired.",
            "令牌或会话未知、已结束或已过期。"),
        Entry(
            "error.forbidden", "This needs the role {needed}; {caller} has the role {role}.",
            "此操作需要角色 {needed}；{caller} 的角色是 {role}。"),
        Entry(
            "error.tooManyAttempts", "Too many attempts: try again in {seconds} s.",
            "尝试次数过多：请在 {seconds} 秒后重试。"),
        Entry(
            "error.internalError", "The request failed inside the appliance: {reason}.",
            "设备内部处理请求失败：{reason}。"),
        Entry("error.unreachable", "{target} cannot be reached: {reason}.", "无法连接 {target}：{reason}。"),
        Entry(
            "error.badAnswer", "{target} answered something that is not understood: {reason}.",
            "{target} 的应答无法理解：{reason}。"),
    ]

    /// What the state of the cluster forbids.
    static let clusterErrors: [Entry] = [
        Entry("error.notMaster", "This node is not the master; ask {url}.", "本节点不是主节点；请访问 {url}。"),
        Entry(
            "error.noMaster", "There is no master at the moment; the nodes are electing one.",
            "目前没有主节点；各节点正在选举。"),
        Entry(
            "error.noQuorum", "The majority of the nodes cannot be reached, so nothing can be changed.",
            "无法连接到多数节点，因此不能做任何更改。"),
        Entry(
            "error.storeUnavailable", "The cluster's store does not answer: {reason}.",
            "集群存储没有应答：{reason}。"),
        Entry(
            "error.storeFull", "The cluster's store is full; it is being compacted, try again shortly.",
            "集群存储已满；正在压缩，请稍后重试。"),
        Entry(
            "error.staleEpoch", "Refused: epoch {offered} is older than {highest}, another master has taken over.",
            "已拒绝：纪元 {offered} 早于 {highest}，另一主节点已接管。"),
        Entry("error.notSetUp", "This node belongs to no cluster yet.", "本节点尚未加入任何集群。"),
        Entry(
            "error.alreadySetUp", "This node already belongs to the cluster '{cluster}'.",
            "本节点已属于集群“{cluster}”。"),
        Entry("error.setupRunning", "Setup is already running on this node.", "本节点的安装设置已在进行中。"),
        Entry("error.unknownNode", "There is no node '{node}'.", "没有节点“{node}”。"),
        Entry("error.unknownToken", "There is no token '{token}'.", "没有令牌“{token}”。"),
        Entry(
            "error.nodeIsMaster", "'{node}' is the master: switch to another node first.",
            "“{node}”是主节点：请先切换到其他节点。"),
        Entry(
            "error.nodeOnline", "'{node}' is still online: only a dead node is replaced; remove it instead.",
            "“{node}”仍在线：只能替换失效的节点；请改用移除。"),
        Entry("error.alreadyMaster", "'{node}' is the master already.", "“{node}”已经是主节点。"),
        Entry(
            "error.notEligible", "'{node}' cannot do this: {reason}.", "“{node}”不能执行此操作：{reason}。"),
        Entry(
            "error.noTarget", "No other node is ready to take over.", "没有其他节点可以接管。"),
        Entry(
            "error.lastVoter", "'{node}' is the last voting node and cannot be removed.",
            "“{node}”是最后一个投票节点，不能移除。"),
        Entry(
            "error.learnerBusy", "Another node is being added; try again when it is done.",
            "正在添加另一个节点；请在完成后重试。"),
        Entry(
            "error.timedOut", "No answer came within {seconds} s; whether it was done is not known: check the status.",
            "{seconds} 秒内没有应答；操作是否完成未知：请查看状态。"),
    ]

    /// What setup, configuration and joining refuse.
    static let setupErrors: [Entry] = [
        Entry(
            "error.vipIsNodeAddress", "The virtual address {address} is the address of the node '{node}'.",
            "虚拟地址 {address} 与节点“{node}”的地址相同。"),
        Entry(
            "error.vipOutsideSubnet", "The virtual address {address} is outside this node's network {subnet}.",
            "虚拟地址 {address} 不在本节点的网络 {subnet} 内。"),
        Entry(
            "error.vipInUse", "The virtual address {address} is in use: {mac} answers for it.",
            "虚拟地址 {address} 已被占用：{mac} 对其作出应答。"),
        Entry("error.vipDuplicate", "The virtual address {address} is given twice.", "虚拟地址 {address} 出现了两次。"),
        Entry("error.gatewaySilent", "The gateway {address} does not answer.", "网关 {address} 没有应答。"),
        Entry(
            "error.gatewayOutsideSubnet", "The gateway {address} is outside this node's network {subnet}.",
            "网关 {address} 不在本节点的网络 {subnet} 内。"),
        Entry("error.unsafeTiming", "The timing is not safe: {reason}.", "时间参数不安全：{reason}。"),
        Entry(
            "error.diskFull", "The disk that holds {path} is full; nothing was changed.",
            "{path} 所在的磁盘已满；没有做任何更改。"),
        Entry(
            "error.diskTooSmall",
            "The disk that holds {path} has {free} MiB of space left; setup needs {needed} MiB. Nothing was changed.",
            "{path} 所在的磁盘只剩 {free} MiB 空间；设置需要 {needed} MiB。没有做任何更改。"),
        Entry(
            "error.masterUnreachable", "The cluster's member {address} cannot be reached: {reason}.",
            "无法连接集群成员 {address}：{reason}。"),
        Entry(
            "error.joinTokenMalformed", "The join token is not complete: {reason}.",
            "加入令牌不完整：{reason}。"),
        Entry("error.joinTokenUnknown", "The cluster does not know this join token.", "集群不认识此加入令牌。"),
        Entry("error.joinTokenExpired", "The join token expired at {time}.", "加入令牌已于 {time} 过期。"),
        Entry("error.joinTokenUsedUp", "The join token has been used as often as it may be.", "加入令牌的使用次数已用完。"),
        Entry("error.joinTokenRevoked", "The join token has been revoked.", "加入令牌已被吊销。"),
        Entry(
            "error.wrongAuthority",
            "The join token is for another cluster: it names authority {expected}, {found} answered.",
            "加入令牌属于另一个集群：令牌指明的证书机构是 {expected}，应答的是 {found}。"),
        Entry(
            "error.duplicateIdentity", "A node with this identity ({node}) is a member already: was its disk copied?",
            "具有此身份（{node}）的节点已是成员：磁盘是否被复制过？"),
        Entry(
            "error.duplicateAddress", "The address {address} belongs to the node '{node}' already.",
            "地址 {address} 已属于节点“{node}”。"),
        Entry(
            "error.duplicateName", "There is a node with the name '{name}' already.", "已有名为“{name}”的节点。"),
        Entry(
            "error.codeMismatch", "The code is not the one that the node '{node}' shows.",
            "该代码与节点“{node}”显示的代码不一致。"),
        Entry(
            "error.tooManyWaiting", "Too many nodes wait for approval: approve or reject some first.",
            "等待批准的节点过多：请先批准或拒绝一部分。"),
        Entry("error.joinRejected", "The cluster's administrator rejected this node.", "集群管理员拒绝了本节点。"),
        Entry(
            "error.malformedCertificateRequest", "The certificate request is not valid: {reason}.",
            "证书请求无效：{reason}。"),
    ]
}
