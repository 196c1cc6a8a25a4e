@testable import HostMetrics
import Testing

@Suite struct ProcFileTests {
    @Test func processorTimeCountsIdleAndWaitingAsNotBusy() throws {
        let time = try ProcFile.processorTime("cpu  10 1 5 100 20 1 2 3 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n")
        #expect(time == .init(busy: 22, total: 142))
    }

    @Test func memoryInBytes() throws {
        let text = "MemTotal:       24689764 kB\nMemFree:  1 kB\nMemAvailable:   23000000 kB\n"
        #expect(try ProcFile.memory(text) == .init(total: 24_689_764 * 1024, available: 23_000_000 * 1024))
    }

    @Test func pressureOfSome() throws {
        let text = "some avg10=1.53 avg60=0.87 avg300=0.73 total=2\nfull avg10=9.00 avg60=0.00 avg300=0.00 total=1\n"
        #expect(try ProcFile.pressure(text) == 1.53)
    }

    @Test func trafficOfOneInterface() throws {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls
                lo: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0
              eth0:900 2 0 0 0 0 0 0 800 4 0 0 0 0 0 0
            """
        #expect(try ProcFile.traffic(text, interface: "eth0") == .init(received: 900, sent: 800))
        #expect(try ProcFile.traffic(text, interface: "eth1") == nil)
    }

    @Test func whatIsMissingIsNamed() {
        #expect(throws: MalformedProcFile(file: "meminfo", missing: "MemAvailable")) {
            try ProcFile.memory("MemTotal: 5 kB\n")
        }
        #expect(throws: MalformedProcFile(file: "stat", missing: "cpu")) { try ProcFile.processorTime("") }
        #expect(throws: MalformedProcFile(file: "pressure", missing: "some avg10")) { try ProcFile.pressure("x") }
    }
}
