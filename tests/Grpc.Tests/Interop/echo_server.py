"""The test service on grpcio. Prints its version, its port, and what it sees happen."""

import argparse
import concurrent.futures
import threading

import grpc

import echo_pb2
import echo_pb2_grpc


def saw(what):
    print("saw " + what, flush=True)


class Echo(echo_pb2_grpc.EchoServicer):
    def return_metadata(self, context):
        sent = [(key, value) for key, value in context.invocation_metadata() if key.startswith("x-")]
        if sent:
            context.send_initial_metadata(sent)
            context.set_trailing_metadata([("t" + key, value) for key, value in sent])

    def behave(self, request, context):
        kind = request.behaviour
        if kind == "fail":
            context.abort(code_of(request.code), request.text)
        elif kind == "fail with trailers":
            context.set_trailing_metadata([("why-bin", bytes([0, 255, 7]))])
            context.abort(code_of(request.code), request.text)
        elif kind == "status":
            context.set_code(code_of(request.code))
            context.set_details(request.text)
        elif kind == "throw":
            raise ValueError("an internal detail")
        elif kind == "hang":
            saw("hanging")
            threading.Event().wait(3)
        elif kind == "wait":
            cancelled = threading.Event()
            context.add_callback(cancelled.set)
            saw("waiting")
            cancelled.wait(20)
            saw("wait cancelled")
        elif kind == "deadline":
            request.text = str(context.time_remaining())

    def Unary(self, request, context):
        self.return_metadata(context)
        self.behave(request, context)
        return echo_pb2.EchoReply(text=request.text, data=request.data, bytes=len(request.data))

    def Upload(self, request_iterator, context):
        reply = echo_pb2.EchoReply()
        try:
            for request in request_iterator:
                reply.count += 1
                reply.bytes += len(request.data)
                self.behave(request, context)
        except grpc.RpcError:
            saw("upload cancelled")
            raise
        return reply

    def Download(self, request, context):
        self.return_metadata(context)
        context.add_callback(lambda: saw("download cancelled"))
        reply = echo_pb2.EchoReply(data=bytes(request.size))
        index = 0
        while (request.count < 0 or index < request.count) and context.is_active():
            reply.count = index
            index += 1
            yield reply
        self.behave(request, context)

    def Chat(self, request_iterator, context):
        greeting = dict(context.invocation_metadata()).get("speak-first")
        if greeting:
            yield echo_pb2.EchoReply(text=greeting)
        for request in request_iterator:
            self.behave(request, context)
            yield echo_pb2.EchoReply(text=request.text, data=request.data)


def code_of(number):
    return next(code for code in grpc.StatusCode if code.value[0] == number)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--receive-bytes-max", type=int, required=True)
    parser.add_argument("--ca")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    options = parser.parse_args()
    print("grpcio " + grpc.__version__, flush=True)
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(max_workers=200),
        options=[
            ("grpc.max_receive_message_length", options.receive_bytes_max),
            ("grpc.max_send_message_length", -1),
            ("grpc.http2.min_ping_interval_without_data_ms", 500),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 500),
        ],
    )
    echo_pb2_grpc.add_EchoServicer_to_server(Echo(), server)
    if options.ca:
        credentials = grpc.ssl_server_credentials(
            [(read(options.key), read(options.cert))], read(options.ca), require_client_auth=True)
        port = server.add_secure_port("localhost:0", credentials)
    else:
        port = server.add_insecure_port("localhost:0")
    server.start()
    print("port " + str(port), flush=True)
    server.wait_for_termination()


main()
