import Testing

/// The rules about the code, on the code.
@Suite struct TidyTests {
    let tree: Tree
    /// The rules' own examples of what is wrong are not wrong.
    let others: [Tree.File]

    init() throws {
        tree = try Tree.read()
        others = tree.files.filter { !$0.path.hasPrefix("Tests/TidyTests/") }
    }

    private func expectNone(_ problems: [String]) {
        for problem in problems { Issue.record("\(problem)") }
    }

    @Test func theTreeWasFound() {
        #expect(tree.swiftFiles.count > 20)
        #expect(tree.manifest.targets.contains { $0.name == "MastershipCore" && $0.floor == 2 })
    }

    @Test func coresArePure() { expectNone(others.filter(\.isCore).flatMap(Rules.impurities)) }
    @Test func coresWalkInOrder() { expectNone(others.filter(\.isCore).flatMap(Rules.unorderedWalks)) }
    @Test func functionsAreShort() { expectNone(tree.swiftFiles.flatMap(Rules.longFunctions)) }

    @Test func importsPointDown() {
        expectNone(tree.swiftFiles.flatMap { Rules.upwardImports(in: $0, manifest: tree.manifest) })
    }

    @Test func noFileIsDead() { expectNone(Rules.deadFiles(in: tree)) }
    @Test func testsDoNotSleep() { expectNone(others.filter(\.isTest).flatMap(Rules.sleeps)) }
    @Test func nothingIsUnfinished() { expectNone(others.flatMap(Rules.unfinishedWork)) }

    @Test func noErrorIsForgotten() {
        expectNone(others.filter { $0.path.hasSuffix(".swift") }.flatMap(Rules.forgottenErrors))
    }

    @Test func nothingIsCommittedAtTheRootByChance() throws { expectNone(try Tree.strangersAtTheRoot() ?? []) }

    @Test func noPathIsOfOneMachine() { expectNone(others.flatMap(Rules.machinePaths)) }
}
