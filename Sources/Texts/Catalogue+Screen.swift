/// What a node's own screen says.
extension Catalogue {
    static let screen: [Entry] = [
        Entry("screen.starting", "STARTING", "正在启动"),
        Entry("screen.setup", "SETUP: open {url} in a browser", "设置：请在浏览器中打开 {url}"),
        Entry("screen.code", "Setup code:  {code}", "设置代码：  {code}"),
        Entry(
            "screen.compare", "The browser asks about the certificate. Its fingerprint (SHA-256) must be:",
            "浏览器会询问证书，其指纹（SHA-256）必须为："),
        Entry("screen.joining", "JOINING the cluster", "正在加入集群"),
        Entry(
            "screen.waiting", "WAITING FOR APPROVAL: compare the code {code} with the master's",
            "等待批准：请与主节点显示的代码比对：{code}"),
        Entry("screen.member", "MEMBER of the cluster", "集群成员"),
        Entry("screen.degraded", "DEGRADED: something of the cluster needs attention", "降级：集群需要处理"),
        Entry("screen.node", "This node:        {name}, {address}", "本节点：  {name}，{address}"),
        Entry("screen.master", "Master:           {name}", "主节点：  {name}"),
        Entry("screen.vip", "Virtual address:  {addresses}, held by {name}", "虚拟地址：{addresses}，由 {name} 持有"),
        Entry("screen.nodes", "Nodes online:     {online} of {all}", "在线节点：{online} / {all}"),
        Entry("screen.daemons", "The node's daemons are being started.", "正在启动本节点的守护进程。"),
        Entry(
            "screen.noNetwork", "No wired interface has an address yet: check cable and DHCP.",
            "尚无有线网口获得地址：请检查网线和 DHCP。"),
        Entry(
            "screen.noData", "This machine keeps nothing: {reason}.", "本机不保存任何数据：{reason}。"),
    ]
}
