import APIProtocol
import Testing

@Suite("Targets of notifications")
struct NotificationValidationTests {
    private static let mail = #""smtp":{"host":"m","security":"starttls","from":"a@x.example","to":["b@x.example"]}"#

    @Test(
        "Good targets",
        arguments: [
            #"{"kind":"smtp","name":"n",\#(mail)}"#,
            #"{"kind":"webhook","name":"值班","webhook":{"url":"https://x/y?z=1"}}"#,
            #"{"kind":"syslog","name":"n","syslog":{"host":"fd00::1","port":6514}}"#,
        ])
    func good(text: String) throws {
        try StrictJSON.decode(NotificationTargetRequest.self, from: Array(text.utf8)).validate()
    }

    @Test(
        "Bad ones name the field",
        arguments: [
            (#"{"kind":"smtp","name":"n"}"#, "smtp"), (#"{"kind":"syslog","name":"n",\#(mail)}"#, "smtp"),
            (#"{"kind":"pager","name":"n"}"#, "kind"),
            (#"{"kind":"smtp","name":"a\nb",\#(mail)}"#, "name"),
            (#"{"kind":"smtp","name":"n","language":"de",\#(mail)}"#, "language"),
            (
                #"{"kind":"smtp","name":"n","smtp":{"host":"m","security":"tls","from":"a@x\r\nRCPT TO:<c@x>","to":["b@x"]}}"#,
                "smtp.from"
            ),
            (
                #"{"kind":"smtp","name":"n","smtp":{"host":"m","security":"tls","from":"a@x","to":["b@x>\nX"]}}"#,
                "smtp.to[0]"
            ),
            (#"{"kind":"smtp","name":"n","smtp":{"host":"m","security":"tls","from":"a@x","to":[]}}"#, "smtp.to"),
            (
                #"{"kind":"smtp","name":"n","smtp":{"host":"m","security":"none","user":"u","password":"p","from":"a@x","to":["b@x"]}}"#,
                "smtp.security"
            ),
            (#"{"kind":"webhook","name":"n","webhook":{"url":"http://x/"}}"#, "webhook.url"),
            (#"{"kind":"webhook","name":"n","webhook":{"url":"https://u:p@x/"}}"#, "webhook.url"),
            (#"{"kind":"webhook","name":"n","webhook":{"url":"https://x/","secret":"short"}}"#, "webhook.secret"),
            (#"{"kind":"syslog","name":"n","syslog":{"host":"m","port":0}}"#, "syslog.port"),
            (#"{"kind":"syslog","name":"n","syslog":{"host":"m","ca":"x"}}"#, "syslog.ca"),
        ])
    func bad(text: String, field: String) {
        let error = #expect(throws: APIError.self) {
            try StrictJSON.decode(NotificationTargetRequest.self, from: Array(text.utf8)).validate()
        }
        #expect(error?.field == field)
    }
}
