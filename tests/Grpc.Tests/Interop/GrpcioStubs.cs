using K8sBackup.TestKit.Processes;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>The Python stubs of the test service, generated once per test run by grpcio's own generator.</summary>
internal static class GrpcioStubs
{
    public const string Python = "/usr/bin/python3";

    private static readonly Lazy<Task<string>> _directory = new(GenerateAsync);

    /// <summary>The folder with the test's <c>.py</c> and <c>.proto</c> files.</summary>
    public static string Sources => Path.Combine(AppContext.BaseDirectory, "Interop");

    /// <summary>The environment in which a test's script finds its stubs.</summary>
    public static async Task<Dictionary<string, string?>> EnvironmentAsync() => new()
    {
        ["PYTHONPATH"] = await _directory.Value,
        ["PYTHONUNBUFFERED"] = "1",
        ["PYTHONDONTWRITEBYTECODE"] = "1",
    };

    private static async Task<string> GenerateAsync()
    {
        var directory = Directory.CreateTempSubdirectory("k8sbackup-grpcio-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        var result = await ChildProcess.RunAsync(
            Python,
            ["-m", "grpc_tools.protoc", $"-I{Sources}", $"--python_out={directory}", $"--grpc_python_out={directory}", "echo.proto"],
            TimeSpan.FromSeconds(60));
        return result.ExitCode == 0
            ? directory
            : throw new InvalidOperationException($"The Python stubs could not be generated: {result.StandardError}");
    }
}
