import Primitives

extension EtcdClient: EtcdStore {
    public func transaction(
        _ transaction: Transaction, timeout: Span, at choice: EndpointChoice
    ) async throws(EtcdError) -> TransactionResult {
        try await call(
            "/v3/kv/txn", GatewayRequest.transaction(transaction), isRead: transaction.isReadOnly, timeout: timeout,
            at: choice, GatewayReply.transaction)
    }

    public func range(
        _ range: KeyRange, timeout: Span, at choice: EndpointChoice
    ) async throws(EtcdError) -> RangeResult {
        try await call(
            "/v3/kv/range", GatewayRequest.range(range), isRead: true, timeout: timeout, at: choice,
            GatewayReply.range)
    }

    public func watch(_ range: KeyRange, from revision: Int64?) -> WatchSequence {
        WatchSequence {
            let cursor = WatchCursor(client: self, range: range, revision: revision)
            return cursor.next
        }
    }
}

extension Transaction {
    var isReadOnly: Bool {
        (success + failure).allSatisfy { operation in
            if case .get = operation { true } else { false }
        }
    }
}
