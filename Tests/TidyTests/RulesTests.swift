import Testing

/// Each rule notices what it is there for.
@Suite struct RulesTests {
    private func file(_ text: String, path: String = "Sources/ThingCore/Thing.swift") -> Tree.File {
        Tree.File(path: path, text: text)
    }

    @Test(arguments: ["let now = Date()", "let x = Int.random(in: 0..<3)", "await store.read()", "list.shuffled()"])
    func impurity(line: String) { #expect(Rules.impurities(in: file(line)).count == 1) }

    @Test func seededChanceIsPure() {
        #expect(Rules.impurities(in: file("Int.random(in: 0..<3, using: &random)")).isEmpty)
    }

    @Test(arguments: [
        "var peers: [NodeID: Peer] = [:]\nfor (id, peer) in peers {", "let seen: Set<Int>\nseen.map { $0 }",
        "var seen = Set<Int>()\nfor one in seen {",
    ])
    func unorderedWalk(text: String) { #expect(Rules.unorderedWalks(in: file(text)).count == 1) }

    @Test func aSortedWalkIsInOrder() {
        #expect(Rules.unorderedWalks(in: file("let seen: Set<Int>\nfor one in seen.sorted() {")).isEmpty)
    }

    @Test(arguments: [(68, 0), (69, 1)])
    func longFunction(statements: Int, problems: Int) {
        let body = String(repeating: "    work(\"{\") // {\n", count: statements)
        let requirement = "protocol Worker {\n    func work()\n}\n"
        let problem = Rules.longFunctions(in: file("\(requirement)func long() {\n\(body)}\n"))
        #expect(problem.count == problems)
    }

    @Test func importsUpAndSideways() {
        let manifest = Manifest(
            """
            let primitives: [Target] = [
                swift("Primitives")
            ]

            let cores: [Target] = [
                swift("ThingCore", ["Primitives"]),
                swift("OtherCore", ["ThingCore"]),
            ]
            """)
        let text = "import Foundation\nimport Primitives\nimport OtherCore"
        #expect(Rules.upwardImports(in: file(text), manifest: manifest).count == 1)
        let upper = file("import ThingCore", path: "Sources/OtherCore/Other.swift")
        #expect(Rules.upwardImports(in: upper, manifest: manifest).isEmpty)
        let lower = file("import ThingCore", path: "Sources/Primitives/One.swift")
        #expect(Rules.upwardImports(in: lower, manifest: manifest).count == 1)
    }

    @Test func deadFile() {
        let manifest = Manifest("let cores: [Target] = [\n    swift(\"ThingCore\")\n]\n")
        let files = [
            file("struct A {}"), file(" \n"), file("struct B {}", path: "Sources/LostCore/Lost.swift"),
        ]
        #expect(Rules.deadFiles(in: Tree(files: files, manifest: manifest)).count == 2)
    }

    @Test(arguments: ["Thread.sleep(forTimeInterval: 1)", "try await Task.sleep(for: .seconds(1))", "usleep(10)"])
    func sleep(line: String) { #expect(Rules.sleeps(in: file(line)).count == 1) }

    @Test(arguments: ["// TODO: later", "/// A stub.", "// good enough for now"])
    func unfinished(line: String) { #expect(Rules.unfinishedWork(in: file(line)).count == 1) }

    @Test func forgottenError() {
        #expect(Rules.forgottenErrors(in: file("let x = try? read()")).count == 1)
        #expect(Rules.forgottenErrors(in: file("do { try read() } catch {}")).count == 1)
        #expect(Rules.forgottenErrors(in: file("func last() -> Entry? { nil }")).isEmpty)
        #expect(Rules.forgottenErrors(in: file("// It may be gone already.\nlet x = try? read()")).isEmpty)
    }

    @Test func machinePath() {
        #expect(Rules.machinePaths(in: file("let path = \"/home/me/thing\"")).count == 1)
        #expect(Rules.machinePaths(in: file("let path = \"/var/lib/keelson\"")).isEmpty)
    }
}
