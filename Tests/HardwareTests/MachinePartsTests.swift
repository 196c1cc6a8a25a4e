import LicenseCore
import Testing

@testable import Hardware

@Suite struct MachinePartsTests {
    private let machine: FakeMachine

    init() throws { machine = try FakeMachine() }

    @Test func readsAllFourParts() throws {
        try machine.firmware("product_uuid", "4C4C4544-0051-3610-8052-B4C04F4E3132")
        try machine.firmware("board_serial", ".7QRS1N2.CN7221938H00A1. ")
        try machine.card("eth0", bus: "pci0/0000:00:03.0", address: "52:54:00:AB:cd:01")
        try machine.disk("sda", bus: "pci0/0000:00:05.0/ata1", serial: "S3Z8NB0K")
        #expect(
            machine.parts.values == [
                "4c4c4544-0051-3610-8052-b4c04f4e3132", ".7QRS1N2.CN7221938H00A1.", "525400abcd01", "S3Z8NB0K",
            ])
        #expect(machine.parts.print.parts.allSatisfy { $0.utf8.count == 64 })
        #expect(machine.parts.print == machine.parts.print)
    }

    @Test func anEmptyMachineHasNoPart() {
        #expect(machine.parts.values == [nil, nil, nil, nil])
        #expect(!machine.parts.print.canBeBound)
    }

    @Test(arguments: [
        "To be filled by O.E.M.", "TO BE FILLED BY O.E.M.", "Default string", "None", "Not Specified", "0123456789",
        "System Serial Number", "00000000", "xxxxxxxx", "...", "", "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "03000200-0400-0500-0006-000700080009", "N/A",
    ])
    func whatAVendorForgotToFillInIsNoPart(text: String) throws {
        try machine.firmware("product_uuid", text)
        try machine.firmware("board_serial", text)
        try machine.disk("sda", bus: "a", serial: text)
        #expect(machine.parts.values == [nil, nil, nil, nil], "\(text)")
    }

    @Test func onlyCardsOnABusCount() throws {
        try machine.card("br0", bus: nil, address: "52:54:00:00:00:01")
        try machine.card("lo", bus: nil, address: "00:00:00:00:00:00")
        #expect(machine.parts.values[2] == nil)
        // The order of the bus, not that of the names.
        try machine.card("a", bus: "pci0/0000:00:09.0", address: "52:54:00:00:00:09")
        try machine.card("z", bus: "pci0/0000:00:02.0", address: "52:54:00:00:00:02")
        #expect(machine.parts.values[2] == "525400000002")
    }

    @Test func anAddressThatIsNotTheCardsOwnDoesNotCount() throws {
        try machine.card("eth0", bus: "a", address: "52:54:00:00:00:0a", type: 1)
        try machine.card("eth1", bus: "b", address: "52:54:00:00:00:0b", type: 3)
        #expect(machine.parts.values[2] == nil)
        // A bond gives its members one address; udev noted the card's own before.
        machine.udev("net/eth1/ID_NET_NAME_MAC", "enx52540000000c")
        #expect(machine.parts.values[2] == "52540000000c")
        machine.udev("net/eth0/ID_NET_NAME_MAC", "enx000000000000")
        #expect(machine.parts.values[2] == "52540000000c")
    }

    @Test func disksWithoutABusAndSticksDoNotCount() throws {
        try machine.disk("loop0", bus: nil, serial: nil)
        try machine.write("block/loop0/serial", "LOOP")
        try machine.disk("sda", bus: "usb1/1-1", serial: "STICK", removable: true)
        #expect(machine.parts.values[3] == nil)
        try machine.disk("vda", bus: "virtio0")
        machine.udev("block/vda/ID_WWN", "0x5000c500a1b2c3d4")
        #expect(machine.parts.values[3] == "0x5000c500a1b2c3d4")
        machine.udev("block/vda/ID_SERIAL_SHORT", "W1F0")
        #expect(machine.parts.values[3] == "W1F0")
        try machine.write("block/vda/serial", "OF-THE-KERNEL")
        #expect(machine.parts.values[3] == "OF-THE-KERNEL")
    }

    @Test func theSystemDiskGoesBeforeTheFirst() throws {
        try machine.disk("sda", bus: "a", serial: "FIRST")
        try machine.disk("sdb", bus: "b", serial: "SYSTEM")
        #expect(machine.parts.values[3] == "FIRST")
        try machine.systemDevice(at: "devices/b/block/sdb/sdb2")
        #expect(machine.parts.values[3] == "SYSTEM")
    }

    @Test func theSystemDiskIsFoundThroughAMapper() throws {
        try machine.disk("sda", bus: "a", serial: "FIRST")
        try machine.disk("sdb", bus: "b", serial: "SYSTEM")
        try machine.systemDevice(at: "devices/virtual/block/dm-0")
        try machine.link("devices/virtual/block/dm-0/slaves/sdb2", to: "devices/b/block/sdb/sdb2")
        #expect(machine.parts.values[3] == "SYSTEM")
    }

    @Test func onePartThatIsChangedIsStillTheMachine() throws {
        try machine.firmware("product_uuid", "4C4C4544-0051-3610-8052-B4C04F4E3132")
        try machine.card("eth0", bus: "a", address: "52:54:00:00:00:01")
        try machine.disk("sda", bus: "b", serial: "OLD-DISK")
        let old = machine.parts.print
        try machine.disk("sda", bus: nil, serial: "NEW-DISK")
        #expect(machine.parts.print != old)
        #expect(machine.parts.print.matches(old))
        try machine.write("class/net/eth0/address", "52:54:00:00:00:02")
        #expect(!machine.parts.print.matches(old))
    }

    /// Whatever this machine is: no part, or a part that stays the same.
    @Test func thisMachineIsTheSameTwice() {
        let parts = MachineParts()
        #expect(parts.values == parts.values)
        #expect(parts.values.count == HardwarePrint.partNames.count)
        #expect(parts.print.parts.allSatisfy { $0.isEmpty || $0.utf8.count == 64 })
        #expect(UdevDatabase().property("ID_SERIAL_SHORT", of: "no such device", in: "block") == nil)
    }
}
