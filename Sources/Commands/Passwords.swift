import Glibc

/// Passwords come from a terminal without echo, or from a file; never from an argument, which others see.
enum Passwords {
    /// The first line.
    static func read(fromFile path: String) throws -> String {
        let line = try Session.readFile(path).prefix { !$0.isNewline }
        return String(line)
    }

    /// Asks twice.
    static func ask(_ session: Session, name: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandFailure(status: .usage, description: session.text("users.noTerminal"))
        }
        let first = try line(session, session.text("users.password", ["name": name]))
        let second = try line(session, session.text("users.passwordAgain"))
        guard first == second else {
            throw CommandFailure(status: .usage, description: session.text("users.passwordsDiffer"))
        }
        return first
    }

    private static func line(_ session: Session, _ prompt: String) throws -> String {
        let question = Array(prompt.utf8)
        _ = question.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw CommandFailure(status: .usage, description: session.text("users.noTerminal"))
        }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        silent.c_lflag |= tcflag_t(ECHONL)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) }
        guard let line = readLine() else {
            throw CommandFailure(status: .usage, description: session.text("users.noTerminal"))
        }
        return line
    }
}
