import APIProtocol

extension Routes {
    var notifications: [Route] {
        let control = control
        return [
            Route(.notifications) { _ in try await .json(control.notificationTargets()) },
            Route(.putNotification) { request in
                let wish = try request.decoded(NotificationTargetRequest.self)
                return try await .json(control.putNotificationTarget(try request.targetName(), wish))
            },
            Route(.deleteNotification) { request in
                try await control.deleteNotificationTarget(request.id)
                return .done
            },
            Route(.testNotification) { request in try await .json(control.testNotificationTarget(request.id)) },
            Route(.undelivered) { _ in try await .json(ItemList(control.undeliveredNotifications())) },
        ]
    }
}

extension RouteRequest {
    /// The name that the caller gives to a target.
    fileprivate func targetName() throws(APIError) -> String {
        let isName = id.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        // `undelivered` is a path of its own.
        guard isName, (1...64).contains(id.utf8.count), id != "undelivered" else {
            throw .invalid("id", clause: "targetName")
        }
        return id
    }
}
