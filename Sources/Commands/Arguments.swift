/// Rewrites the command line where people rightly expect more than the parser does.
enum Arguments {
    private static let withValue: Set<String> = [
        "--socket", "--server", "--token", "--token-file", "--ca", "-o", "--output", "--language",
    ]

    static func arranged(_ arguments: [String]) -> [String] {
        globalsLast(withDefaultWait(withBundleFile(arguments)))
    }

    /// `-o` names a format, but for the support bundle, which is no text: there it names the file.
    private static func withBundleFile(_ arguments: [String]) -> [String] {
        guard let command = arguments.firstIndex(of: "support-bundle") else { return arguments }
        return arguments[..<command] + arguments[command...].map { $0 == "-o" ? "--file" : $0 }
    }

    /// `--wait FILE` means `--wait`, then FILE: only a number is the option's value.
    private static func withDefaultWait(_ arguments: [String]) -> [String] {
        arguments.enumerated().map { index, argument in
            guard argument == "--wait" else { return argument }
            let next = index + 1 < arguments.count ? Int(arguments[index + 1]) : nil
            return next == nil ? "--wait=\(GlobalOptions.defaultWait)" : argument
        }
    }

    /// Options that every command knows may stand before the command: `keelson --socket PATH status`.
    private static func globalsLast(_ arguments: [String]) -> [String] {
        var rest = arguments[...]
        var globals: [String] = []
        while let first = rest.first {
            let name = String(first.prefix { $0 != "=" })
            guard withValue.contains(name) || name == "--wait" else { break }
            let takesNext = name == first && rest.count > 1
            globals += rest.prefix(takesNext ? 2 : 1)
            rest = rest.dropFirst(takesNext ? 2 : 1)
        }
        return rest + globals
    }
}
