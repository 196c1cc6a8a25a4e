import Linux
import Testing

@Suite struct FileSystemSpaceTests {
    @Test func aFileSystemHasNoMoreRoomThanItsSize() throws {
        let space = try FileSystemSpace(of: "/")
        #expect(space.total > 0)
        #expect(space.available <= space.free && space.free <= space.total)
    }

    @Test func aMissingFolderIsNamed() {
        let error = #expect(throws: SystemError.self) { try FileSystemSpace(of: "/nowhere") }
        #expect(error?.subject == "/nowhere")
    }
}
