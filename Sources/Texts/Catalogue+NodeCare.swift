extension Catalogue {
    /// Draining and finding nodes.
    static let nodeCare: [Entry] = [
        Entry(
            "event.nodeDrained", "{who} drained {other}: it does not stand for master.",
            "{who} 已将 {other} 置为维护：不再参选主节点。"),
        Entry(
            "event.nodeUndrained", "{who} ended the draining of {other}: it stands for master again.",
            "{who} 已结束 {other} 的维护：重新参选主节点。"),
        Entry(
            "event.locatingPort", "{node}: the lamp of {interface} blinks for {seconds} s.",
            "{node}：网口 {interface} 的指示灯闪烁 {seconds} 秒。"),
        Entry(
            "event.locatingConsole", "{node} shows itself on its console, since its port cannot blink ({reason}).",
            "{node} 已在控制台上显示提示，因为网口无法闪烁（{reason}）。"),
        Entry("event.locateFailed", "{node} cannot make itself known: {reason}.", "{node} 无法提示自身位置：{reason}。"),
        Entry("nodes.drained", "'{node}' does not stand for master any more.", "“{node}”不再参选主节点。"),
        Entry("nodes.undrained", "'{node}' stands for master again.", "“{node}”重新参选主节点。"),
        Entry(
            "nodes.locating", "'{node}' makes itself known; the events tell how.", "“{node}”正在提示自身位置；方式见事件。"),
        Entry("state.drained", "drained", "维护中"),
        Entry("auditAction.POST /v1/nodes/{id}/drain", "Drained a node", "排空节点"),
        Entry("auditAction.POST /v1/nodes/{id}/undrain", "Used a node again", "恢复使用节点"),
        Entry("auditAction.POST /v1/nodes/{id}/locate", "Let a node make itself known", "让节点标识自己"),
        Entry("auditAction.PUT /v1/notifications/{id}", "Saved a target of notifications", "保存通知对象"),
        Entry("auditAction.DELETE /v1/notifications/{id}", "Removed a target of notifications", "移除通知对象"),
        Entry("auditAction.POST /v1/notifications/{id}/test", "Tested a target of notifications", "测试通知对象"),
    ]
}
