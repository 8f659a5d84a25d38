using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.TestKit.ControlPlane;

/// <summary>A small process in place of API server, scheduler and controller manager: listens over TLS and answers "ok".</summary>
internal static class StandIn
{
    public const string Program = """
        import http.server, ssl, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")
            def log_message(self, *args):
                pass
        server = http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.serve_forever()
        """;

    private static readonly Lock Writing = new();

    /// <summary>A PEM file with certificate and key, made once for each node.</summary>
    public static string CertificateFor(string root)
    {
        string path = Path.Combine(root, "stand-in.pem");
        lock (Writing)
        {
            if (!File.Exists(path))
            {
                using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                CertificateRequest request = new("CN=stand-in", key, HashAlgorithmName.SHA256);
                using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
                File.WriteAllText(path, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
            }
        }

        return path;
    }
}
