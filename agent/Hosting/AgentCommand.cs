using System.CommandLine;

namespace K8sBackup.Agent.Hosting;

/// <summary>The command line: options that mirror the configuration file and win over it.</summary>
internal sealed class AgentCommand
{
    private const string Description = """
        Backup agent of one node. It dials the coordinator, reads etcd, control-plane files and volumes when told to,
        and restores them. Settings come from the configuration file; options given here win over it.

        A join token is needed for the first start only. It is read from the file named by joinTokenFile or from the
        environment variable K8SBACKUP_JOIN_TOKEN, never from the command line. In a cluster serviceAccountTokenFile and
        authorityFile in the configuration take its place.

        Exit codes: 0 stopped on request, 1 unexpected failure, 2 faulty configuration, 3 enrolment refused.
        """;

    private const string NodeVariable = "NODE_NAME";

    private readonly Option<FileInfo?> _config = new("--config", "-c") { Description = "Configuration file (YAML).", HelpName = "FILE" };
    private readonly Option<string[]> _coordinator = new("--coordinator") { Description = "Address of the coordinator, https://host:port. May be repeated.", HelpName = "URL" };
    private readonly Option<string?> _node = new("--node") { Description = "Name of this node. Default: NODE_NAME in the environment, then the host name.", HelpName = "NAME" };
    private readonly Option<string?> _joinTokenFile = new("--join-token-file") { Description = "File with a join token from 'k8sbackup join-token'.", HelpName = "FILE" };
    private readonly Option<string?> _stateDir = new("--state-dir") { Description = $"Identity and unreported results. Default: {AgentOptions.DefaultStateDirectory}.", HelpName = "DIR" };
    private readonly Option<string?> _hostRoot = new("--host-root") { Description = "Where the node's file system is mounted. Default: /.", HelpName = "DIR" };
    private readonly Option<string[]> _volumeRoot = new("--volume-root") { Description = $"Directory volumes may lie in. May be repeated. Default: {AgentOptions.DefaultVolumeRoot}.", HelpName = "DIR" };
    private readonly Option<string[]> _restoreRoot = new("--restore-root") { Description = "Further directory restores may write into. May be repeated.", HelpName = "DIR" };
    private readonly Option<string?> _kubeletRoot = new("--kubelet-root") { Description = "Directory of the kubelet, with the volumes of pods. Default: found on the node.", HelpName = "DIR" };
    private readonly Option<string?> _spoolDir = new("--spool-dir") { Description = "Where etcd snapshots are spooled. Default: 'spool' in the state directory.", HelpName = "DIR" };
    private readonly Option<string?> _spoolMax = new("--spool-max") { Description = "Most bytes in the spool, for example 9GiB.", HelpName = "SIZE" };
    private readonly Option<string[]> _label = new("--label") { Description = "Label of the node for plan selectors, key=value. May be repeated.", HelpName = "KEY=VALUE" };
    private readonly Option<string?> _logLevel = new("--log-level") { Description = "trace, debug, information, warning, error or critical.", HelpName = "LEVEL" };

    /// <summary>Parses the arguments and runs the agent with what they and the file say; the result is the exit code.</summary>
    public Task<int> InvokeAsync(string[] args, Func<AgentOptions, CancellationToken, Task<int>> run)
    {
        RootCommand command = new(Description)
        {
            _config, _coordinator, _node, _joinTokenFile, _stateDir, _hostRoot, _volumeRoot, _restoreRoot, _kubeletRoot, _spoolDir, _spoolMax, _label, _logLevel,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            List<string> faults = [];
            AgentOptions? options = Options(parsed, faults);
            if (options is not null)
            {
                return run(options, cancellationToken);
            }

            foreach (string fault in faults)
            {
                parsed.InvocationConfiguration.Error.WriteLine($"k8sbackup-agent: {fault}");
            }

            return Task.FromResult(ExitCodes.FaultyConfiguration);
        });
        ParseResult result = command.Parse(args);
        // The host of the agent handles the signals.
        InvocationConfiguration configuration = new() { ProcessTerminationTimeout = null };
        return result.Errors.Count == 0 ? result.InvokeAsync(configuration, CancellationToken.None) : RefuseAsync(result);
    }

    private static Task<int> RefuseAsync(ParseResult result)
    {
        foreach (System.CommandLine.Parsing.ParseError error in result.Errors)
        {
            result.InvocationConfiguration.Error.WriteLine($"k8sbackup-agent: {error.Message}");
        }

        return Task.FromResult(ExitCodes.FaultyConfiguration);
    }

    private AgentOptions? Options(ParseResult parsed, List<string> faults)
    {
        OptionValues file = parsed.GetValue(_config) is { } config ? OptionFile.Read(config.FullName, faults) : new OptionValues();
        OptionValues line = new()
        {
            Coordinators = Given(parsed, _coordinator),
            Node = parsed.GetValue(_node),
            JoinTokenFile = Absolute(parsed.GetValue(_joinTokenFile)),
            StateDirectory = Absolute(parsed.GetValue(_stateDir)),
            HostRoot = Absolute(parsed.GetValue(_hostRoot)),
            VolumeRoots = Given(parsed, _volumeRoot),
            RestoreRoots = Given(parsed, _restoreRoot),
            KubeletRoot = Absolute(parsed.GetValue(_kubeletRoot)),
            SpoolDirectory = Absolute(parsed.GetValue(_spoolDir)),
            SpoolBytesMax = parsed.GetValue(_spoolMax),
            Labels = Labels(Given(parsed, _label), faults),
            LogLevel = parsed.GetValue(_logLevel),
        };
        return new OptionCheck(faults).Check(InPod(line.Over(file)), Environment.MachineName);
    }

    // One configuration serves all nodes: the pod knows which one it is on.
    private static OptionValues InPod(OptionValues values) => Environment.GetEnvironmentVariable(NodeVariable) is { Length: > 0 } node
        ? values with { Node = values.Node?.Replace($"${{{NodeVariable}}}", node, StringComparison.Ordinal) ?? node }
        : values;

    // Paths on the command line are the caller's, so they are taken relative to where it stands.
    private static string? Absolute(string? path) => string.IsNullOrEmpty(path) ? path : Path.GetFullPath(path);

    private static string[]? Given(ParseResult parsed, Option<string[]> option) =>
        parsed.GetValue(option) is { Length: > 0 } values ? values : null;

    private static Dictionary<string, string>? Labels(string[]? texts, List<string> faults)
    {
        if (texts is null)
        {
            return null;
        }

        Dictionary<string, string> labels = [];
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                faults.Add($"--label: '{text}' is not of the form key=value.");
                continue;
            }

            labels[text[..equals]] = text[(equals + 1)..];
        }

        return labels;
    }
}
