//! The same report as an OpenRosa client would send it: an XML form and its photos in one multipart request.
//! Written as such clients do, and no worse: no pre-flight, short names, nothing sent twice.

use anfang_protocol::inspection::Submit;

const BOUNDARY: &str = "7f9c2ba4-e88f-4d1a-a1d5-5a2c1a1b0c9d";

/// Bytes of one submission up (head and body) and of its answer down, photos included.
pub fn bytes(report: &Submit) -> (u64, u64) {
    let xml = form(report);
    let part = |name: &str, file: &str, media_type: &str| {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        )
    };
    let mut body = part("xml_submission_file", "submission.xml", "text/xml").len() + xml.len() + 2;
    for (n, photo) in report.evidence.iter().enumerate() {
        let name = photo_name(n);
        body +=
            part(&name, &name, &photo.media_type).len() + usize::try_from(photo.size).expect("a size") + 2;
    }
    body += format!("--{BOUNDARY}--\r\n").len();
    let head = format!(
        "POST /v1/projects/1/submission?deviceID=collect%3AyLpKVLMwGyKhL4DX HTTP/1.1\r\nX-OpenRosa-Version: 1.0\r\n\
         Date: Sat, 21 Nov 2026 02:10:00 GMT\r\nAuthorization: Basic aW5zcGVjdG9yMTpjb3JyZWN0IGhvcnNl\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {body}\r\nHost: anfang.example\r\n\
         Connection: Keep-Alive\r\nAccept-Encoding: gzip\r\n\
         User-Agent: org.odk.collect.android/v2024.3.3 Dalvik/2.1.0\r\n\r\n"
    );
    let told = "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\" items=\"0\">\
        <message nature=\"submit_success\">full submission upload was successful!</message></OpenRosaResponse>";
    let answer = format!(
        "HTTP/1.1 201 Created\r\nX-OpenRosa-Version: 1.0\r\nContent-Type: text/xml; charset=utf-8\r\n\
         Content-Length: {}\r\nDate: Sat, 21 Nov 2026 02:10:01 GMT\r\nConnection: keep-alive\r\n\r\n{told}",
        told.len()
    );
    ((head.len() + body) as u64, answer.len() as u64)
}

fn photo_name(n: usize) -> String {
    // As its camera app names it: the time in milliseconds.
    format!("17637762{n:05}.jpg")
}

fn form(report: &Submit) -> String {
    let mut xml = format!(
        "<?xml version='1.0' ?><data id=\"inspection\" version=\"2026112101\" \
         xmlns:h=\"http://www.w3.org/1999/xhtml\" xmlns:jr=\"http://openrosa.org/javarosa\" \
         xmlns:orx=\"http://openrosa.org/xforms\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">\
         <start>{}</start><end>{}</end><site>{}</site><team>{}</team><notes>{}</notes>",
        report.arrival.at.to_rfc3339(),
        report.departure.at.to_rfc3339(),
        report.site_id,
        report.team.join(" "),
        report.notes.as_deref().unwrap_or_default(),
    );
    for (name, presence) in [("arrival", &report.arrival), ("departure", &report.departure)] {
        let place = presence.position.as_ref().map(|p| format!("{} {} 0 5", p.latitude, p.longitude));
        xml.push_str(&format!("<{name}>{}</{name}>", place.unwrap_or_default()));
    }
    for finding in &report.findings {
        let photos = report.evidence.iter().enumerate();
        let mine = photos.filter(|(_, photo)| finding.evidence.contains(&photo.evidence_id));
        let shown: String =
            mine.map(|(n, _)| format!("<photos><photo>{}</photo></photos>", photo_name(n))).collect();
        let severity = serde_json::to_string(&finding.severity).expect("a word");
        xml.push_str(&format!(
            "<findings><severity>{}</severity><text>{}</text>{shown}</findings>",
            severity.trim_matches('"'),
            finding.text
        ));
    }
    xml.push_str(&format!("<meta><instanceID>uuid:{}</instanceID></meta></data>", report.inspection_id));
    xml
}
