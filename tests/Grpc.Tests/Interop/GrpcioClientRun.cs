using K8sBackup.TestKit.Certificates;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>Runs <c>echo_client.py</c> against this runtime's server.</summary>
internal static class GrpcioClientRun
{
    /// <summary>The script's arguments; its TLS files are written into the directory.</summary>
    public static List<string> Arguments(EchoServer server, string directory, TestCertificateAuthority? issuer, string? only)
    {
        List<string> arguments = [Path.Combine(GrpcioStubs.Sources, "echo_client.py"), server.Address.Authority];
        if (server.Authority is not null)
        {
            arguments.AddRange(["--ca", server.Authority.WriteCertificate(directory)]);
        }

        if (issuer is not null)
        {
            using var certificate = issuer.Issue(
                new TestCertificate { CommonName = "python-node", DnsNames = ["node-7.nodes"], ServerAuthentication = false });
            var files = TestCertificateAuthority.Write(certificate, directory, "client");
            arguments.AddRange(["--cert", files.CertificatePath, "--key", files.KeyPath]);
        }

        return only is null ? arguments : [.. arguments, "--only", only];
    }

    public static async Task<ProcessResult> RunAsync(EchoServer server, TestCertificateAuthority? issuer, string? only = null)
    {
        var directory = Directory.CreateTempSubdirectory("k8sbackup-echo-").FullName;
        try
        {
            return await ChildProcess.RunAsync(
                GrpcioStubs.Python,
                Arguments(server, directory, issuer, only),
                TimeSpan.FromSeconds(120),
                await GrpcioStubs.EnvironmentAsync());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
