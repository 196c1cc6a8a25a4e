import Foundation
import LocalStore
import Testing

@Suite struct EventSpoolTests {
    func withSpool(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "spool-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(at: folder) } catch { Issue.record(error) }
        }
        try body(folder.appending(path: "events.sqlite").path)
    }

    @Test func keepsOrderOverAReopening() throws {
        try withSpool { path in
            do {
                let spool = try EventSpool(path: path)
                try spool.append("one")
                try spool.append("two")
            }
            let spool = try EventSpool(path: path)
            #expect(try spool.oldest(10).map(\.document) == ["one", "two"])
            try spool.remove(through: 1)
            #expect(try spool.oldest(10).map(\.id) == [2])
        }
    }

    @Test func identitiesAreNeverReused() throws {
        try withSpool { path in
            let spool = try EventSpool(path: path)
            try spool.append("one")
            try spool.remove(through: 1)
            try spool.append("two")
            #expect(try spool.oldest(1).map(\.id) == [2])
        }
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        try withSpool { path in
            try Data("this is no database, and long enough to be looked at".utf8).write(to: URL(filePath: path))
            #expect(throws: (any Error).self) { try EventSpool(path: path).append("x") }
        }
    }
}
