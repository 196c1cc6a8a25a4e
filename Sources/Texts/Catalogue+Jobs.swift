extension Catalogue {
    /// Jobs and requests that are sent again.
    static let jobs: [Entry] = [
        Entry("error.unknownJob", "There is no job '{job}'.", "没有任务“{job}”。"),
        Entry(
            "error.idempotencyMismatch", "This Idempotency-Key was used for another request; take a new one.",
            "该 Idempotency-Key 已用于另一个请求；请换用新的。"),
        Entry(
            "error.idempotencyUnfinished",
            "A request with this Idempotency-Key is being done, or its end was lost with a master; look at what is there "
                + "before you use a new key.",
            "使用该 Idempotency-Key 的请求正在执行，或其结果随主节点丢失；请先查看现状，再使用新的键。"),
        Entry("job.removeNode", "Removing a node", "移除节点"),
        Entry("job.replaceNode", "Replacing a node", "替换节点"),
        Entry("job.approve", "Approving a node", "批准节点"),
        Entry("job.join", "A node joins", "节点加入"),
        Entry("job.switchMaster", "Switching the master", "切换主节点"),
        Entry("jobState.running", "running", "进行中"),
        Entry("jobState.done", "done", "已完成"),
        Entry("jobState.failed", "failed", "失败"),
        Entry("step.removed", "taken out of the cluster", "已移出集群"),
        Entry("step.voteGone", "its vote is gone", "投票权已撤销"),
        Entry("step.voting", "votes, or is a spare", "参与投票或成为备用"),
        Entry("step.approved", "approved", "已批准"),
        Entry("step.joined", "has joined", "已加入"),
        Entry("step.online", "reports", "已上报"),
        Entry("step.asked", "asked", "已请求"),
        Entry("step.handedOver", "another node is master", "已由其他节点接任"),
        Entry("jobs.none", "There are no jobs.", "没有任务。"),
        Entry("column.progress", "PROGRESS", "进度"),
        Entry("column.step", "STEP", "步骤"),
    ]
}
