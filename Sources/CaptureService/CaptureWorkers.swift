import NIOPosix

/// Threads for what blocks: opening and deleting journals, small durable files, hashing.
struct CaptureWorkers: Sendable {
    private let pool: NIOThreadPool

    /// Starts the threads; `stop` ends them.
    init() {
        pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
    }

    /// - Parameter completion: from one of the threads; not at all when they have been stopped.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value,
        _ completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        pool.submit { state in
            guard state == .active else { return }
            completion(Result { try work() })
        }
    }

    func stop() async throws { try await pool.shutdownGracefully() }
}
