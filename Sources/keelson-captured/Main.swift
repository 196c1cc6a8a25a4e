import ArgumentParser
import Linux

/// `keelson-captured`: it reads and writes root's files; everything else that root may do it gives up before any other
/// thread starts.
@main
enum Main {
    static func main() async {
        do throws(SystemError) {
            if Privileges.isRoot { try Privileges.keepOnly([]) }
        } catch {
            // Standing back from rights that it does not need must not keep streams from being taken.
            print("keelson-captured keeps all rights of root: \(error)")
        }
        await CaptureDaemonCommand.main()
    }
}
