using System.Diagnostics;
using System.Security.Cryptography;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.MemberSteps;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace K8sBackup.ClusterRestore.Tests;

/// <summary>
/// The agent's program, except that it kills itself (SIGKILL) before changes that steps make: while a list of deaths is there,
/// before each change once. A change is told by its name and by what the node's journals say at that moment.
/// </summary>
internal static class MortalAgent
{
    /// <summary>Runs it: the path of the list, then the agent's own arguments.</summary>
    public static Task<int> RunAsync(string[] args) => new AgentCommand().InvokeAsync(args[1..], async (options, cancellationToken) =>
    {
        HostApplicationBuilder builder = AgentHost.CreateBuilder(options, TimeProvider.System);
        builder.Services.AddSingleton(new StepGate(change => Pass(args[0], $"{change} {JournalsBelow(options.HostRoot)}")));
        using IHost host = builder.Build();
        return await AgentHost.RunAsync(host, cancellationToken);
    });

    private static void Pass(string deaths, string change)
    {
        if (File.Exists(deaths) && !File.ReadAllLines(deaths).Contains(change))
        {
            File.AppendAllLines(deaths, [change]);
            Process.GetCurrentProcess().Kill();
        }
    }

    private static string JournalsBelow(string root)
    {
        string folder = Path.Combine(root, "etc/kubernetes/kb-restore");
        string[] journals = Directory.Exists(folder) ? Directory.GetFiles(folder, "journal.json", SearchOption.AllDirectories) : [];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string journal in journals.Order(StringComparer.Ordinal))
        {
            hash.AppendData(File.ReadAllBytes(journal));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
