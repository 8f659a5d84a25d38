"""Calls the test service with grpcio and prints one line per case: "PASS name" or "FAIL name: why"."""

import argparse
import concurrent.futures
import os
import queue
import signal
import sys
import threading
import time
import traceback

import grpc

import echo_pb2
import echo_pb2_grpc

MIB = 1024 * 1024
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def equal(expected, actual):
    if expected != actual:
        raise AssertionError("expected %r, got %r" % (expected, actual))


def fails(call, code, details=None):
    try:
        call()
    except grpc.RpcError as error:
        equal(code, error.code())
        if details is not None:
            equal(details, error.details())
        return error
    raise AssertionError("the call did not fail")


@case
def unary(stub):
    reply = stub.Unary(echo_pb2.EchoRequest(text="grüß", data=b"\x01\x02"))
    equal(("grüß", 2), (reply.text, reply.bytes))


@case
def metadata_both_ways(stub):
    sent = (("x-text", "a b"), ("x-data-bin", b"\x00\x01\xfe\xff"))
    _, call = stub.Unary.with_call(echo_pb2.EchoRequest(), metadata=sent)
    initial = dict(call.initial_metadata())
    trailing = dict(call.trailing_metadata())
    equal(("a b", b"\x00\x01\xfe\xff"), (initial["x-text"], initial["x-data-bin"]))
    equal(("a b", b"\x00\x01\xfe\xff"), (trailing["tx-text"], trailing["tx-data-bin"]))


@case
def error_with_text(stub):
    text = "no snapshot »etcd-1« — 100 % gone\n二"
    request = echo_pb2.EchoRequest(behaviour="fail", code=5, text=text)
    fails(lambda: stub.Unary(request), grpc.StatusCode.NOT_FOUND, text)


@case
def error_with_trailers(stub):
    request = echo_pb2.EchoRequest(behaviour="fail with trailers", code=10, text="x")
    error = fails(lambda: stub.Unary(request), grpc.StatusCode.ABORTED, "x")
    equal(b"\x00\xff\x07", dict(error.trailing_metadata())["why-bin"])


@case
def status_set_by_handler(stub):
    request = echo_pb2.EchoRequest(behaviour="status", code=10, text="set")
    fails(lambda: stub.Unary(request), grpc.StatusCode.ABORTED, "set")


@case
def handler_exception_has_no_detail(stub):
    request = echo_pb2.EchoRequest(behaviour="throw")
    fails(lambda: stub.Unary(request), grpc.StatusCode.UNKNOWN, "Exception was thrown by handler.")


@case
def unknown_method(stub):
    fails(lambda: stub.Missing(echo_pb2.EchoRequest()), grpc.StatusCode.UNIMPLEMENTED)


@case
def upload_64_mib(stub):
    request = echo_pb2.EchoRequest(data=bytes(MIB))
    reply = stub.Upload(request for _ in range(64))
    equal((64, 64 * MIB), (reply.count, reply.bytes))


@case
def download_64_mib(stub):
    replies = stub.Download(echo_pb2.EchoRequest(count=64, size=MIB))
    lengths = [(reply.count, len(reply.data)) for reply in replies]
    equal([(index, MIB) for index in range(64)], lengths)


@case
def download_error_after_messages(stub):
    request = echo_pb2.EchoRequest(count=3, size=1, behaviour="fail", code=15, text="torn")
    received = []

    def read():
        for reply in stub.Download(request):
            received.append(reply.count)

    fails(read, grpc.StatusCode.DATA_LOSS, "torn")
    equal([0, 1, 2], received)


@case
def big_message_of_many_frames(stub):
    data = os.urandom(6 * MIB)
    equal(data, stub.Unary(echo_pb2.EchoRequest(data=data)).data)


@case
def message_over_server_limit(stub):
    request = echo_pb2.EchoRequest(data=bytes(8 * MIB + 1))
    fails(lambda: stub.Unary(request), grpc.StatusCode.RESOURCE_EXHAUSTED)


@case
def chat_200_rounds(stub):
    requests = queue.Queue()
    replies = stub.Chat(iter(requests.get, None))
    for index in range(200):
        requests.put(echo_pb2.EchoRequest(text=str(index)))
        equal(str(index), next(replies).text)
    requests.put(None)
    equal([], list(replies))


@case
def chat_server_speaks_first(stub):
    requests = queue.Queue()
    replies = stub.Chat(iter(requests.get, None), metadata=(("speak-first", "hello"),))
    equal("hello", next(replies).text)
    requests.put(None)
    equal([], list(replies))


@case
def chat_150_at_once(stub):
    barrier = threading.Barrier(75, timeout=30)

    def talk(_):
        requests = queue.Queue()
        replies = stub.Chat(iter(requests.get, None))
        requests.put(echo_pb2.EchoRequest(text="a"))
        equal("a", next(replies).text)
        barrier.wait()
        requests.put(echo_pb2.EchoRequest(text="b"))
        equal("b", next(replies).text)
        requests.put(None)
        equal([], list(replies))

    with concurrent.futures.ThreadPoolExecutor(max_workers=75) as pool:
        list(pool.map(talk, range(150)))


@case
def early_error_in_upload(stub):
    def requests():
        yield echo_pb2.EchoRequest(behaviour="fail", code=7, text="not your run")
        for _ in range(200):
            yield echo_pb2.EchoRequest(data=bytes(MIB))

    fails(lambda: stub.Upload(requests()), grpc.StatusCode.PERMISSION_DENIED, "not your run")


@case
def deadline(stub):
    started = time.monotonic()
    request = echo_pb2.EchoRequest(behaviour="hang")
    fails(lambda: stub.Unary(request, timeout=0.4), grpc.StatusCode.DEADLINE_EXCEEDED)
    if time.monotonic() - started > 3:
        raise AssertionError("the deadline came late")


@case
def deadline_reaches_server(stub):
    seconds = float(stub.Unary(echo_pb2.EchoRequest(behaviour="deadline"), timeout=100).text)
    # grpcio rounds long timeouts up to whole seconds.
    if not 60 < seconds <= 102:
        raise AssertionError("the server sees %s s" % seconds)


@case
def cancel(stub):
    call = stub.Unary.future(echo_pb2.EchoRequest(behaviour="wait"))
    time.sleep(0.3)
    call.cancel()
    equal(True, call.cancelled())


@case
def cancel_download(stub):
    replies = stub.Download(echo_pb2.EchoRequest(count=-1, size=1000))
    next(replies)
    replies.cancel()
    fails(lambda: list(replies), grpc.StatusCode.CANCELLED)


@case
def gzip_request(stub):
    request = echo_pb2.EchoRequest(data=bytes(100_000))
    fails(lambda: stub.Unary(request, compression=grpc.Compression.Gzip), grpc.StatusCode.UNIMPLEMENTED)


@case
def who(stub):
    print("INFO who " + stub.Unary(echo_pb2.EchoRequest(behaviour="who")).text, flush=True)


def wait_for_ever(stub):
    """Not a case: the test kills this process while it waits."""
    stub.Unary(echo_pb2.EchoRequest(behaviour="wait"))


def rejected(stub):
    """Not a case: the server must not let this client in."""
    fails(lambda: stub.Unary(echo_pb2.EchoRequest(), timeout=10), grpc.StatusCode.UNAVAILABLE)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def connect(options):
    settings = [
        ("grpc.max_receive_message_length", -1),
        ("grpc.max_send_message_length", -1),
        ("grpc.keepalive_time_ms", 1000),
        ("grpc.keepalive_timeout_ms", 10000),
        ("grpc.http2.max_pings_without_data", 0),
    ]
    if not options.ca:
        return grpc.insecure_channel(options.target, options=settings)
    key, certificate = (read(options.key), read(options.cert)) if options.key else (None, None)
    credentials = grpc.ssl_channel_credentials(read(options.ca), key, certificate)
    return grpc.secure_channel(options.target, credentials, options=settings)


def run(name, function, stub):
    try:
        function(stub)
        print("PASS " + name, flush=True)
        return True
    except Exception as error:
        traceback.print_exc()
        print("FAIL %s: %s: %s" % (name, type(error).__name__, str(error).replace("\n", " ")), flush=True)
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--ca")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--only")
    options = parser.parse_args()
    print("grpcio " + grpc.__version__, flush=True)
    with connect(options) as channel:
        stub = echo_pb2_grpc.EchoStub(channel)
        if options.only:
            sys.exit(0 if run(options.only, globals()[options.only], stub) else 1)
        for name, function in CASES.items():
            run(name, function, stub)


main()
