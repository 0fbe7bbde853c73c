"""One S3 request signed by Python's own hashlib and hmac: independent of src/store/sigv4.cpp. For tests."""
import datetime
import hashlib
import hmac
import http.client
import urllib.parse


def authorization(method, path, query, headers, payload_sha256, access_key, secret_key, region, date, service="s3"):
    """`path` as sent; `query` and `headers` as lists of pairs; `date` 20261123T091500Z."""
    lowered = sorted((name.lower(), " ".join(value.split())) for name, value in headers)
    encoded = sorted((urllib.parse.quote(n, safe="-._~"), urllib.parse.quote(v, safe="-._~")) for n, v in query)
    names = ";".join(name for name, _ in lowered)
    canonical = "\n".join([method, path, "&".join(f"{n}={v}" for n, v in encoded),
                           "".join(f"{n}:{v}\n" for n, v in lowered), names, payload_sha256])
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret_key).encode()
    for link in scope.split("/"):
        key = hmac.new(key, link.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={access_key}/{scope},SignedHeaders={names},Signature={signature}"


def request(endpoint, method, path, body=b"", query=(), access_key="", secret_key="", region="us-east-1"):
    """(status, headers, body) of one request."""
    host = endpoint.split("://", 1)[1]
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    headers = [("host", host), ("x-amz-date", date), ("x-amz-content-sha256", digest)]
    signed = authorization(method, path, list(query), headers, digest, access_key, secret_key, region, date)
    connection = http.client.HTTPConnection(host, timeout=30)
    target = path + ("?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote) if query else "")
    connection.request(method, target, body, dict(headers) | {"authorization": signed})
    answer = connection.getresponse()
    result = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return result
