using K8sBackup.TestKit.Processes;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>The results of all cases of <c>echo_client.py</c> against one server of this runtime, run once.</summary>
public abstract class GrpcioClientFixture(bool useTls) : IAsyncLifetime
{
    /// <summary>What the script printed: version, cases, information.</summary>
    public IReadOnlyList<string> Lines { get; private set; } = [];

    public string Errors { get; private set; } = "";

    public async Task InitializeAsync()
    {
        await using var server = await OwnEchoServer.StartAsync(useTls);
        ProcessResult result = await GrpcioClientRun.RunAsync(server, server.Authority);
        for (var i = 0; i < 8; i++)
        {
            server.ReleaseHangingHandler();
        }

        Lines = result.StandardOutput.Split('\n');
        Errors = result.StandardError;
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
