#!/usr/bin/env python3
"""Our signatures against two independent signers, over random requests: Python's hashlib and hmac (s3_request.py), and
botocore where Debian's package is installed.   signature_test.py SIGN_REQUESTS"""
import datetime
import hashlib
import random
import string
import subprocess
import sys
import urllib.parse

import s3_request

try:
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
except ImportError:
    botocore = None

ALPHABET = string.ascii_letters + string.digits + " -._~/+%&=?#:@!$'()*,;üß€\"<>"
CASES = 300


def word(random_, longest=20, alphabet=ALPHABET):
    return "".join(random_.choice(alphabet) for _ in range(random_.randint(1, longest)))


def case(random_):
    key = word(random_, 40).strip("/ ").replace("//", "/") or "x"
    query = {word(random_): word(random_) if random_.random() < 0.8 else "" for _ in range(random_.randint(0, 4))}
    headers = {"host": "bucket.example.org:9000", "x-amz-date": "20261123T091500Z"}
    for _ in range(random_.randint(0, 3)):
        name = "x-amz-" + word(random_, 8, string.ascii_lowercase)
        headers[name] = word(random_, 20, string.ascii_letters + " /=+").strip() or "x"
    digest = hashlib.sha256(word(random_).encode()).hexdigest()
    headers["x-amz-content-sha256"] = digest
    return {"method": random_.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]), "path": "/" + urllib.parse.quote(key, safe="/-._~"),
            "query": query, "headers": headers, "digest": digest, "access": word(random_, 20, string.ascii_uppercase),
            "secret": word(random_, 40, string.ascii_letters + "/+="), "region": random_.choice(["us-east-1", "eu-central-1"])}


def line(request):
    fields = [request[n] for n in ("method", "path", "access", "secret", "region")] + [request["headers"]["x-amz-date"], request["digest"]]
    for mark, pairs in (("q", request["query"]), ("h", request["headers"])):
        for name, value in pairs.items():
            fields += [mark, name.encode().hex(), value.encode().hex()]
    return "\t".join(fields)


def by_hashlib(r):
    return s3_request.authorization(r["method"], r["path"], list(r["query"].items()), list(r["headers"].items()), r["digest"],
                                    r["access"], r["secret"], r["region"], r["headers"]["x-amz-date"])


def by_botocore(r):
    class Fixed(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return cls(2026, 11, 23, 9, 15, 0)

    botocore.auth.datetime.datetime = Fixed
    url = "https://bucket.example.org:9000" + r["path"]
    headers = {name: value for name, value in r["headers"].items() if name != "x-amz-date"}
    request = botocore.awsrequest.AWSRequest(r["method"], url, params=r["query"], headers=headers)
    signer = botocore.auth.S3SigV4Auth(botocore.credentials.Credentials(r["access"], r["secret"]), "s3", r["region"])
    # The bytes are not here, only their digest: botocore would compute another.
    signer.payload = lambda _: r["digest"]
    signer.add_auth(request)
    return request.headers["Authorization"].replace(", ", ",")


def main():
    random_ = random.Random(20261123)
    cases = [case(random_) for _ in range(CASES)]
    ours = subprocess.run([sys.argv[1]], input="\n".join(map(line, cases)) + "\n", capture_output=True, text=True, check=True)
    signers = {"hashlib": by_hashlib} | ({"botocore": by_botocore} if botocore else {})
    failed = 0
    for request, signed in zip(cases, ours.stdout.splitlines(), strict=True):
        for name, sign in signers.items():
            wanted = sign(request)
            if signed != wanted:
                failed += 1
                print(f"not ok - {name} signs {request} as\n  {wanted}, we as\n  {signed}")
    print(f"{len(cases)} requests signed as {' and '.join(signers)} do, {failed} otherwise")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
