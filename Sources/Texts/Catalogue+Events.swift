extension Catalogue {
    /// What happened, for the list of events; `node` and `other` are names.
    static let events: [Entry] = [
        Entry("event.tookOver", "{node} became master (epoch {epoch}): {cause}.", "{node} 成为主节点（纪元 {epoch}）：{cause}。"),
        Entry(
            "event.gaveUp", "{node} gave up mastership (epoch {epoch}): {reason}.",
            "{node} 放弃主节点身份（纪元 {epoch}）：{reason}。"),
        Entry(
            "event.storeWentBackwards",
            "{node} does not stand for master: the store is at {seen}, this node has seen {highest}. "
                + "It was restored without a new generation; run the guided recovery.",
            "{node} 不参选主节点：存储处于 {seen}，本节点已见过 {highest}。恢复时未提升代次，请运行引导恢复。"),
        Entry(
            "event.vipConflict", "Another machine ({mac}) answers for the virtual address {address}.",
            "另一台机器（{mac}）正在应答虚拟地址 {address}。"),
        Entry("event.vipRefused", "The VIP manager of {node} refused: {reason}.", "{node} 的虚拟地址管理器拒绝：{reason}。"),
        Entry("event.linkDown", "{node}: the link of {interface} is down.", "{node}：网口 {interface} 的链路已断开。"),
        Entry("event.linkUp", "{node}: the link of {interface} is up.", "{node}：网口 {interface} 的链路已恢复。"),
        Entry("event.nodeWaiting", "{other} asks to join; compare its code and approve it.", "{other} 申请加入；请核对代码后批准。"),
        Entry("event.nodeAccepted", "{other} was accepted as {role}.", "已接受 {other}，角色为{role}。"),
        Entry("event.learnerAdded", "{other} is catching up before it votes.", "{other} 正在同步数据，之后将参与投票。"),
        Entry("event.voterPromoted", "{other} votes now.", "{other} 现在参与投票。"),
        Entry("event.voterRemoved", "{other} no longer votes: {reason}.", "{other} 不再参与投票：{reason}。"),
        Entry("event.nodeRemoved", "{other} was removed from the cluster by {who}.", "{who} 已将 {other} 移出集群。"),
        Entry("event.nodeSilent", "{other} has not reported for {seconds} s.", "{other} 已有 {seconds} 秒未上报。"),
        Entry(
            "event.twins", "A second machine, at {address}, reports with the identity of {other}: was a disk copied?",
            "位于 {address} 的另一台机器以 {other} 的身份上报：磁盘是否被复制过？"),
        Entry("event.nodeBack", "{other} reports again.", "{other} 恢复上报。"),
        Entry(
            "event.profileChanged", "The failover profile is now {profile}: {reason}.", "故障切换配置现为 {profile}：{reason}。"),
        Entry(
            "event.raftRestart",
            "etcd on {other} is restarted with the timings of the profile (heartbeat {heartbeat} ms, election {election} ms).",
            "{other} 上的 etcd 正按当前档位的时间参数重新启动（心跳 {heartbeat} 毫秒，选举 {election} 毫秒）。"),
        Entry(
            "event.raftHandOver",
            "The master hands over to {other}: its own etcd is the last to get the timings of the profile.",
            "主节点把角色移交给 {other}：它自己的 etcd 最后才换上当前档位的时间参数。"),
        Entry("event.settingsChanged", "{who} changed {what}.", "{who} 修改了 {what}。"),
        Entry("event.tokenCreated", "{who} created the token {id} ({role}).", "{who} 创建了令牌 {id}（{role}）。"),
        Entry("event.tokenRevoked", "{who} revoked the token {id}.", "{who} 吊销了令牌 {id}。"),
        Entry("event.certificateRenewed", "{node} renewed its certificate.", "{node} 已更新证书。"),
        Entry("event.switchAsked", "{who} asked {node} to hand over to {other}.", "{who} 要求 {node} 移交给 {other}。"),
    ]
}
