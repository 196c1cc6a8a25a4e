/// What the API asks about notifications; all of it is answered by the master, which delivers them.
public protocol NotificationControl: Sendable {
    func notificationTargets() async throws -> NotificationTargets
    /// - Parameters:
    ///   - id: of a new target or of the one that is replaced.
    ///   - request: already validated.
    func putNotificationTarget(_ id: String, _ request: NotificationTargetRequest) async throws -> NotificationTarget
    func deleteNotificationTarget(_ id: String) async throws
    /// Sends one message at once, whatever waits, and answers what came of it.
    func testNotificationTarget(_ id: String) async throws -> NotificationTestAnswer
    func undeliveredNotifications() async throws -> [UndeliveredNotification]
}

extension Endpoint {
    public static let notifications = Endpoint(.get, "/v1/notifications", .user(.administrator))
    public static let putNotification = Endpoint(.put, "/v1/notifications/{id}", .user(.administrator))
    public static let deleteNotification = Endpoint(.delete, "/v1/notifications/{id}", .user(.administrator))
    public static let testNotification = Endpoint(.post, "/v1/notifications/{id}/test", .user(.administrator))
    public static let undelivered = Endpoint(.get, "/v1/notifications/undelivered", .user(.administrator))

    static let ofNotifications = [
        notifications, putNotification, deleteNotification, testNotification, undelivered,
    ]
}
