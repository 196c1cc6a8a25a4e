/// A bug that is planted on purpose, to prove that the simulator notices it.
public enum Plant: String, CaseIterable, Sendable {
    /// The deadline counts from the renewal's answer instead of its sending.
    case fenceFromReply = "fence-from-reply"
    /// Only the address's lifetime cleans up after a stopped daemon.
    case noKernelFence = "no-kernel-fence"
    /// The guarded storage takes writes of any epoch.
    case epochUnchecked = "epoch-unchecked"
    /// A restore from a backup goes on with the old generation.
    case generationKept = "generation-kept"
    /// A shorter timing is announced while the kernel may still hold the address by a longer one.
    case announcedAtOnce = "announced-at-once"
    /// The store lets a takeover through although the master has shut the gate.
    case gateUnchecked = "gate-unchecked"
}
