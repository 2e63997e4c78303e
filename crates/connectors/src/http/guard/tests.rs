use super::*;

fn is_allowed(url: &str, allow: &AllowPrivate) -> bool {
    // What does not even parse cannot be called.
    Url::parse(url).is_ok_and(|url| check(&url, allow).is_ok())
}

/// Every spelling of an inside address, with the port of a listener that must never be reached.
pub(crate) fn inside_urls(port: u16) -> Vec<String> {
    let hosts = [
        // Loopback, in every notation an URL parser understands.
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "127.255.255.254",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7F.0x0.0x0.0x1",
        "0177.0.0.1",
        "0x7f.1",
        "00000177.0.0.1",
        "127.000.000.001",
        "%31%32%37.0.0.1",
        "１２７.０.０.１",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "user:pass@127.0.0.1",
        "example.com@127.0.0.1",
        // "This host", which Linux connects to loopback.
        "0",
        "0.0.0.0",
        "0x0",
        "00",
        "0.0.0.0.",
        "0.1.2.3",
        // Private, shared and link-local networks, metadata services.
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "100.100.100.200",
        "169.254.169.254",
        "169.254.0.1",
        "2852039166",
        "0xa9fea9fe",
        "169.254.43518",
        "192.0.0.192",
        "168.63.129.16",
        // Multicast, reserved, broadcast, documentation, benchmarks, relays.
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.51.100.7",
        "203.0.113.9",
        "198.18.0.1",
        "198.19.255.255",
        "192.88.99.1",
        // IPv6: loopback, unspecified, mapped, compatible, translated, tunnelled, local.
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:169.254.169.254]",
        "[0:0:0:0:0:ffff:10.0.0.1]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2002:c0a8:101::1]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[febf::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[100::1]",
        "[5f00::1]",
        "[4000::1]",
    ];
    hosts.iter().map(|host| format!("http://{host}:{port}/")).collect()
}

#[test]
fn every_spelling_of_an_inside_address_is_refused() {
    let urls = inside_urls(80);
    assert!(urls.len() >= 60, "only {} spellings", urls.len());
    for url in urls {
        assert!(!is_allowed(&url, &AllowPrivate::default()), "{url} was let through");
    }
}

#[test]
fn only_the_web_is_called() {
    for url in [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "data:text/plain,x",
        "javascript:1",
        "ws://example.com/",
        "unix:/var/run/docker.sock",
        "http:///",
        "//example.com",
        "",
    ] {
        assert!(!is_allowed(url, &AllowPrivate::default()), "{url} was let through");
    }
}

#[test]
fn public_addresses_pass() {
    for url in [
        "http://1.1.1.1/",
        "https://8.8.8.8:8443/x",
        "http://134744072/",
        "http://172.32.0.1/",
        "http://100.128.0.1/",
        "http://192.0.1.1/",
        "http://223.255.255.255/",
        "https://[2606:4700:4700::1111]/",
        "https://[2a00:1450:4001:81b::200e]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[64:ff9b::8.8.8.8]/",
        "https://api.telegram.org/",
        "https://xn--e1afmkfd.xn--p1ai/",
    ] {
        assert!(is_allowed(url, &AllowPrivate::default()), "{url} was refused");
    }
}

#[test]
fn the_operator_opens_addresses_one_by_one() {
    let check = |entries: &[&str], url: &str, expected| {
        let allow = AllowPrivate::parse(entries.iter().copied()).unwrap();
        assert_eq!(is_allowed(url, &allow), expected, "{entries:?} and {url}");
    };
    check(&["127.0.0.1:8081"], "http://127.0.0.1:8081/x", true);
    check(&["127.0.0.1:8081"], "http://2130706433:8081/", true);
    check(&["127.0.0.1:8081"], "http://127.0.0.1:8082/", false);
    check(&["127.0.0.1:8081"], "http://127.0.0.2:8081/", false);
    check(&["[::1]:80"], "http://[::1]/", true);
    check(&["[::1]:80"], "https://[::1]/", false);
    check(&["10.0.0.0/8", " "], "http://10.1.2.3/", true);
    check(&["10.0.0.0/8"], "http://[::ffff:10.1.2.3]/", true);
    check(&["10.0.0.0/8"], "http://11.0.0.1/", true);
    check(&["10.0.0.0/8"], "http://127.0.0.1/", false);
    check(&["127.0.0.1"], "http://127.0.0.1:9/", true);
    check(&["fd00::/8"], "http://[fd00::5]/", true);
    check(&["0.0.0.0/0", "::/0"], "http://169.254.169.254/", true);
    for entry in ["bot-api", "http://bot-api:8081", "bot-api:x", "10.0.0.0/99", "a/b:1", "u@h:1", ":1"] {
        assert_eq!(AllowPrivate::parse([entry]), Err(AllowPrivateError(entry.to_owned())));
    }
}
