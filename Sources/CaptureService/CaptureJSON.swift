import CaptureProtocol
import Foundation

/// JSON of the control socket and of this daemon's files: sorted keys, so that equal values are equal bytes.
enum CaptureJSON {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do { return Array(try encoder.encode(value)) } catch {
            preconditionFailure("a value of texts and numbers cannot be written: \(error)")
        }
    }

    /// - Throws: what decoding throws, which names the field.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
