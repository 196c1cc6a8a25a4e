import ArgumentParser
import Linux

/// `keelson-consoled`: it reads root's files and binds a low port; everything else that root may do it gives up before
/// any other thread starts.
@main
enum Main {
    static func main() async {
        do throws(SystemError) {
            if Privileges.isRoot { try Privileges.keepOnly([.netBindService]) }
        } catch {
            // Standing back from rights that it does not need must not keep the console away.
            print("keelson-consoled keeps all rights of root: \(error)")
        }
        await ConsoleDaemonCommand.main()
    }
}
