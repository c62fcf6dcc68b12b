//! Where a request comes from.

use std::net::IpAddr;

use actix_web::HttpRequest;

/// Where the caller comes from. Behind a proxy, it is what the proxy itself appended: all before that may be made up.
pub fn address(request: &HttpRequest, behind_proxy: bool) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|peer| peer.ip());
    if !behind_proxy {
        return peer;
    }
    let last = request.headers().get_all("x-forwarded-for").last().and_then(|header| header.to_str().ok());
    let told = last.and_then(|list| list.rsplit(',').next()).map(str::trim).and_then(|address| {
        address
            .parse()
            .ok()
            .or_else(|| address.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
    });
    told.or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_proxy_appended_is_believed() {
        let request = |forwarded: &str| {
            actix_web::test::TestRequest::default()
                .peer_addr("192.0.2.1:1000".parse().unwrap())
                .insert_header(("x-forwarded-for", forwarded))
                .to_http_request()
        };
        let told = |forwarded: &str, behind: bool| address(&request(forwarded), behind).unwrap().to_string();
        assert_eq!(told("203.0.113.9", false), "192.0.2.1");
        assert_eq!(told("203.0.113.9", true), "203.0.113.9");
        assert_eq!(told("10.0.0.1, 203.0.113.9", true), "203.0.113.9");
        assert_eq!(told("10.0.0.1, [2001:db8::1]:80", true), "2001:db8::1");
        assert_eq!(told("nonsense", true), "192.0.2.1");
    }
}
