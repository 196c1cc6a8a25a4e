import ConfigurationCore
import Glibc
import Linux
import VIPService

let usage = """
    usage: keelson-vipd --configuration PATH
           keelson-vipd --interface NAME --run FOLDER [--no-realtime]
    """

/// - Returns: the exit status: 0 after an ordered stop, 1 after a failure, 2 for wrong arguments.
func run(_ arguments: [String]) -> Int32 {
    do throws(ArgumentError) {
        let settings = try settings(from: arguments)
        do throws(VIPServiceError) {
            var service = try VIPService.start(settings)
            try service.run()
            return 0
        } catch {
            Log.line("\(error)")
            return 1
        }
    } catch {
        Log.line("\(error.sentence)\n\(usage)")
        return 2
    }
}

func exit(status: Int32) -> Never { Glibc.exit(status) }

struct ArgumentError: Error {
    let sentence: String
}

/// From the node's configuration file, or from flags for a manager on its own.
func settings(from arguments: [String]) throws(ArgumentError) -> VIPSettings {
    var settings = VIPSettings(interface: "", runFolder: "")
    var rest = arguments[...]
    while let flag = rest.popFirst() {
        if flag == "--no-realtime" {
            settings.isRealTime = false
            continue
        }
        guard let value = rest.popFirst() else { throw ArgumentError(sentence: "\(flag) lacks its value") }
        switch flag {
        case "--configuration": settings = try readConfiguration(value)
        case "--interface": settings.interface = value
        case "--run": settings.runFolder = value
        default: throw ArgumentError(sentence: "\(flag) is not an option")
        }
    }
    guard !settings.interface.isEmpty, !settings.runFolder.isEmpty else {
        throw ArgumentError(sentence: "--configuration, or --interface and --run, are needed")
    }
    return settings
}

private func readConfiguration(_ path: String) throws(ArgumentError) -> VIPSettings {
    do {
        guard let bytes = try DurableFile.read(path) else {
            throw ArgumentError(sentence: "there is no configuration file \(path)")
        }
        return VIPSettings(try NodeConfiguration.parse(String(decoding: bytes, as: UTF8.self)))
    } catch let error as ArgumentError {
        throw error
    } catch {
        throw ArgumentError(sentence: "\(path): \(error)")
    }
}
