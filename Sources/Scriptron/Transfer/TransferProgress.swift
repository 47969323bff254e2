/// How far a transfer is, in bytes.
package struct TransferProgress: Sendable, Hashable {
    package var received: Int64 = 0
    /// What the server has announced; nil where it has not.
    package var receivedTotal: Int64?
    package var sent: Int64 = 0
    /// Nil where nothing is sent, or nobody knows how much.
    package var sentTotal: Int64?
}
