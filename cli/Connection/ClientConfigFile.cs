using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Cli.Connection;

/// <summary>
/// The client's configuration: a YAML file with <c>coordinator</c> (an https address) and <c>identity</c> (a directory,
/// relative to the file). Looked for where <c>--config</c> says, then K8SBACKUP_CONFIG, then ~/.k8sbackup/config.yaml.
/// </summary>
internal static class ClientConfigFile
{
    public const string Variable = "K8SBACKUP_CONFIG";

    private const string CoordinatorKey = "coordinator";
    private const string IdentityKey = "identity";

    // A configuration file has a few lines; anything longer is another file.
    private const int BytesMax = 64 * 1024;

    /// <summary>The path in force, whether or not the file exists.</summary>
    public static string Locate(string? option, CliContext context)
    {
        string? home = context.Variable("HOME");
        string path = option ?? context.Variable(Variable) ?? Path.Combine(home ?? "/", ".k8sbackup", "config.yaml");
        return Path.GetFullPath(path);
    }

    /// <summary>The text of a configuration file.</summary>
    public static string Format(Uri coordinator, string identityDirectory) =>
        $"# How k8sbackup reaches the coordinator. A relative identity directory is meant from this file.\n"
        + $"{CoordinatorKey}: {coordinator.GetLeftPart(UriPartial.Authority)}\n{IdentityKey}: {identityDirectory}\n";

    /// <summary>Reads the file.</summary>
    /// <exception cref="BackupException">It is missing or malformed; the message names the file and what is wrong.</exception>
    public static ClientConfig Load(string path)
    {
        Dictionary<string, string> settings = ReadSettings(path);
        foreach (string key in settings.Keys.Where(k => k is not (CoordinatorKey or IdentityKey)))
        {
            throw Bad(path, $"unknown setting '{key}'; known are {CoordinatorKey} and {IdentityKey}");
        }

        if (!settings.TryGetValue(CoordinatorKey, out string? address) || !settings.TryGetValue(IdentityKey, out string? identity))
        {
            throw Bad(path, $"it needs both {CoordinatorKey} and {IdentityKey}");
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttps || uri.AbsolutePath != "/")
        {
            throw Bad(path, $"{CoordinatorKey} must be an address such as https://10.0.0.5:7443, not '{address}'");
        }

        string directory = Path.GetFullPath(identity, Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new ClientConfig(uri, directory, path);
    }

    private static Dictionary<string, string> ReadSettings(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new BackupException(
                FailureCause.InvalidRequest,
                $"There is no client configuration at {path}. 'k8sbackup init' writes one; name another with --config or {Variable}.");
        }

        if (file.Length > BytesMax)
        {
            throw Bad(path, $"it is {file.Length} bytes long, more than any configuration");
        }

        try
        {
            YamlStream yaml = [];
            yaml.Load(new StringReader(File.ReadAllText(path)));
            if (yaml.Documents is not [{ RootNode: YamlMappingNode root }])
            {
                throw Bad(path, "it is not one mapping of settings");
            }

            return root.Children.ToDictionary(p => ScalarOf(path, p.Key), p => ScalarOf(path, p.Value));
        }
        catch (YamlException e)
        {
            throw Bad(path, $"line {e.Start.Line}: {e.Message}", e);
        }
    }

    private static string ScalarOf(string path, YamlNode node) => node is YamlScalarNode { Value: { Length: > 0 } value }
        ? value
        : throw Bad(path, $"line {node.Start.Line}: a plain value is expected");

    private static BackupException Bad(string path, string reason, Exception? inner = null) =>
        new(FailureCause.InvalidRequest, $"The client configuration {path} cannot be used: {reason}.", inner);
}
