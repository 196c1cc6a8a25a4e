import Foundation

/// Each rule gives sentences about what breaks it; none when all is well.
enum Rules {
    // MARK: Cores are pure

    /// Moments, chance and threads come in from outside.
    static func impurities(in file: Tree.File) -> [String] {
        let forbidden = [
            "Date()", "Date.now", "ContinuousClock", "SuspendingClock", "clock_gettime", "DispatchTime", "gettimeofday",
            "SystemRandomNumberGenerator", "UUID()", ".randomElement()", ".shuffled()", "await ", "DispatchQueue",
            "Thread.",
        ]
        return numbered(file) { line in
            let line = withoutComment(line)
            if let word = forbidden.first(where: line.contains) { return "'\(word)' in a core" }
            if line.contains(".random("), !line.contains("using:") { return "chance without a seed in a core" }
            return nil
        }
    }

    /// Dictionaries and sets have another order in every run: whoever walks through one sorts it.
    static func unorderedWalks(in file: Tree.File) -> [String] {
        let declaration =
            /(?:var|let)\s+(\w+)\s*(?::\s*(?:\[[\w.]+\s*:|Set<)|=\s*(?:Set[<(]|\[[\w.]+\s*:\s*[\w.?\[\]]+\]\())/
        let names = Set(file.text.matches(of: declaration).map { String($0.output.1) })
        return numbered(file) { line in
            guard !line.contains("sorted"), !line.contains("// order") else { return nil }
            for name in names.sorted() {
                let walks = ["in \(name) {", "in self.\(name) {", "\(name).keys", "\(name).values"]
                let calls = ["map", "forEach", "compactMap", "flatMap", "reduce", "first"].map { "\(name).\($0)" }
                if (walks + calls).contains(where: line.contains) { return "an unordered walk through '\(name)'" }
            }
            return nil
        }
    }

    // MARK: Shape

    static let longestFunction = 70

    static func longFunctions(in file: Tree.File) -> [String] {
        var problems: [String] = []
        for function in functions(in: file.text) where function.length > longestFunction {
            problems.append("\(file.path):\(function.line): a function of \(function.length) lines")
        }
        return problems
    }

    /// Where each function begins and how many lines it has, by its braces.
    static func functions(in text: String) -> [(line: Int, length: Int)] {
        var found: [(line: Int, length: Int)] = []
        var open: [(line: Int, depth: Int)] = []
        var pending: Int?
        var depth = 0
        var isText = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasSuffix("\"\"\"") || line.trimmingPrefix(while: \.isWhitespace).hasPrefix("\"\"\"") {
                isText.toggle()
                continue
            }
            if isText { continue }
            let code = codeOnly(line)
            if code.contains("func ") || (code.contains(/\b(init[?!]?\s*[(<]|deinit\b)/) && !code.contains(".init(")) {
                pending = index
            }
            for character in code {
                if character == "{" {
                    depth += 1
                    if let start = pending { open.append((start, depth)) }
                    pending = nil
                } else if character == "}" {
                    pending = nil
                    if let last = open.last, last.depth == depth {
                        found.append((last.line + 1, index - last.line + 1))
                        open.removeLast()
                    }
                    depth -= 1
                }
            }
        }
        return found
    }

    /// A line without its texts and its comment.
    private static func codeOnly(_ line: Substring) -> String {
        guard line.contains("\"") else { return withoutComment(String(line)) }
        let plain = String(line).replacing(/\\"/, with: "").replacing(/"[^"]*"/, with: "\"\"")
        return withoutComment(plain)
    }

    // MARK: Floors and files

    static func upwardImports(in file: Tree.File, manifest: Manifest) -> [String] {
        guard file.path.hasPrefix("Sources/"), let target = file.target,
            let own = manifest.targets.firstIndex(where: { $0.name == target })
        else { return [] }
        return numbered(file) { line in
            let parts = line.split(separator: " ").drop {
                $0.hasPrefix("@") || ["public", "internal", "package"].contains($0)
            }
            guard parts.first == "import", let name = parts.dropFirst().first,
                let other = manifest.targets.firstIndex(where: { $0.name == name })
            else { return nil }
            let isDown = manifest.targets[other].floor < manifest.targets[own].floor
            let isEarlier = manifest.targets[other].floor == manifest.targets[own].floor && other < own
            return isDown || isEarlier ? nil : "\(target) imports \(name), which is not below it"
        }
    }

    /// Files that no target compiles, and files without content.
    static func deadFiles(in tree: Tree) -> [String] {
        let known = Set(tree.manifest.targets.map(\.name) + tree.manifest.testTargets)
        // Compiled by Tests/Fuzz/build.sh.
        let scripted: Set = ["Fuzz"]
        return tree.swiftFiles.compactMap { file in
            if file.text.allSatisfy(\.isWhitespace) { return "\(file.path): empty" }
            guard let target = file.target else { return nil }
            return known.contains(target) || scripted.contains(target) ? nil : "\(file.path): no target compiles it"
        }
    }

    // MARK: Words

    static func sleeps(in file: Tree.File) -> [String] {
        numbered(file) { line in
            line.contains("sleep") && line.contains(/\b(Thread|Task)\.sleep|\b(usleep|nanosleep|sleep)\(/)
                ? "a test that sleeps" : nil
        }
    }

    static func unfinishedWork(in file: Tree.File) -> [String] {
        numbered(file) { line in
            if ["TODO", "FIXME", "// XXX", "HACK", "not implemented"].contains(where: line.contains) {
                return "a word of unfinished work"
            }
            let comment = line.dropFirst(withoutComment(line).count)
            let words = ["stub", "for now", "placeholder"]
            return words.contains(where: comment.contains) ? "a word of unfinished work" : nil
        }
    }

    /// An error that is thrown away needs its reason, on its line or in a comment just above.
    static func forgottenErrors(in file: Tree.File) -> [String] {
        var before: Substring = ""
        return numbered(file) { line in
            defer { before = Substring(line) }
            guard
                (line.contains("try?") && line.contains(/\btry\?/)) || line.contains("catch {}")
                    || line.contains("catch { }")
            else { return nil }
            return line.contains("//") || before.contains("//") ? nil : "an error is thrown away without a reason"
        }
    }

    static func machinePaths(in file: Tree.File) -> [String] {
        numbered(file) { line in
            guard ["/work/", "/home/", "/root/"].contains(where: line.contains) else { return nil }
            return line.contains(/(^|[^\w.])\/(work|home|root)\//) ? "a path of one machine" : nil
        }
    }

    private static func withoutComment(_ line: String) -> String {
        line.range(of: "//").map { String(line[..<$0.lowerBound]) } ?? line
    }

    /// Runs a judgement over every line; its sentences get the file and the line's number.
    private static func numbered(_ file: Tree.File, _ judge: (String) -> String?) -> [String] {
        file.lines.enumerated().compactMap { index, line in
            judge(String(line)).map { "\(file.path):\(index + 1): \($0)" }
        }
    }
}
