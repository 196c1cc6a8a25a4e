/// A bug of the data path that is planted on purpose, to prove that the simulator notices it.
public enum ReplicationPlant: String, CaseIterable, Sendable {
    /// A receiver says "durable" when a frame is in memory.
    case acknowledgeBeforeFlush = "acknowledge-before-flush"
    /// The base image takes frames of a write epoch that has not ended.
    case foldingAcrossUnsealedEpoch = "folding-across-unsealed-epoch"
    /// A receiver takes the caller's word for where its own stream ends.
    case anyPredecessor = "any-predecessor"
    /// A segment's index is on the disk before what it describes.
    case footerBeforeData = "footer-before-data"
    /// After a crash everything marked is sent, different or not.
    case hashFilterSkipped = "hash-filter-skipped"
    /// The write-intent log forgets what the source's own disk has only in its cache.
    case settledBeforeFlush = "settled-before-flush"
}
