import Glibc

/// The one place where a system call's result becomes a value or an error. EINTR is retried. EBADF and EFAULT mean that
/// this program is wrong about its own state, so they trap. The rest is thrown.
@discardableResult
@inline(__always)
public func systemCall<Value: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ subject: @autoclosure () -> String = "", _ call: () -> Value
) throws(SystemError) -> Value {
    while true {
        let value = call()
        if value >= 0 { return value }
        let code = errno
        if code == EINTR { continue }
        throw unexpected(code, operation(), subject())
    }
}

/// As `systemCall` on a non-blocking descriptor.
///
/// - Returns: nil when the call would have blocked.
@inline(__always)
public func systemCallOrWouldBlock<Value: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ subject: @autoclosure () -> String = "", _ call: () -> Value
) throws(SystemError) -> Value? {
    while true {
        let value = call()
        if value >= 0 { return value }
        let code = errno
        if code == EINTR { continue }
        if code == EAGAIN || code == EWOULDBLOCK { return nil }
        throw unexpected(code, operation(), subject())
    }
}

@inline(never)
func unexpected(_ code: Int32, _ operation: String, _ subject: String) -> SystemError {
    let error = SystemError(operation: operation, subject: subject, errno: code)
    precondition(code != EBADF && code != EFAULT, "a program error: \(error)")
    return error
}
