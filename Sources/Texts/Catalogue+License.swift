extension Catalogue {
    /// Why a license is not taken.
    static let license: [Entry] = [
        Entry("license.tooLarge", "The license is larger than {limit} KiB.", "许可证超过 {limit} KiB。"),
        Entry(
            "license.notALicense",
            "This is not a Keelson license: it must begin with the line '{begin}' and end with the line '{end}'.",
            "这不是 Keelson 许可证：必须以“{begin}”行开头，以“{end}”行结尾。"),
        Entry(
            "license.damaged", "The license is damaged: copy the whole text again.", "许可证已损坏：请重新复制完整文本。"),
        Entry(
            "license.unknownVersion", "The license has the format version {version}, which this program does not know.",
            "许可证的格式版本为 {version}，本程序无法识别。"),
        Entry(
            "license.unknownKey", "The license is signed with the key {key}, which this program does not know.",
            "许可证使用密钥 {key} 签名，本程序不认识该密钥。"),
        Entry(
            "license.testKey", "The license is signed with the test key {key}, which a release does not accept.",
            "许可证使用测试密钥 {key} 签名，正式版本不接受。"),
        Entry(
            "license.badSignature", "The license's signature is wrong: it was changed after it was signed.",
            "许可证签名错误：签名之后内容被修改过。"),
        Entry("license.badPayload", "The license cannot be read: {reason}", "无法读取许可证：{reason}"),
        Entry("license.badField", "The license's field {field} {reason}.", "许可证的字段 {field} 无效：{reason}。"),
    ]
}
