using System.Globalization;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Hosting;

/// <summary>Turns configuration as written into <see cref="AgentOptions"/>, or lists everything that is wrong with it.</summary>
internal sealed class OptionCheck
{
    private readonly List<string> _faults;

    public OptionCheck(List<string> faults) => _faults = faults;

    /// <summary>The options; null when there are faults, and then the list has all of them.</summary>
    public AgentOptions? Check(OptionValues values, string hostName)
    {
        string node = values.Node ?? hostName.ToLowerInvariant();
        Require(SourceKey.IsName(node), $"node: '{node}' is not usable as a node name (lower-case letters, digits, '-', '_', '.').");
        bool byAccount = !string.IsNullOrEmpty(values.ServiceAccountTokenFile);
        Require(byAccount == !string.IsNullOrEmpty(values.AuthorityFile), "serviceAccountTokenFile and authorityFile belong together.");
        Require(!byAccount || string.IsNullOrEmpty(values.JoinTokenFile), "serviceAccountTokenFile and joinTokenFile exclude each other.");
        string state = AbsolutePath("stateDir", values.StateDirectory ?? AgentOptions.DefaultStateDirectory);
        AgentOptions options = new()
        {
            Coordinators = Addresses(values.Coordinators ?? []),
            Node = node,
            Role = AgentRole(values.Role),
            JoinTokenFile = Optional("joinTokenFile", values.JoinTokenFile),
            ServiceAccountTokenFile = Optional("serviceAccountTokenFile", values.ServiceAccountTokenFile),
            AuthorityFile = Optional("authorityFile", values.AuthorityFile),
            StateDirectory = state,
            HostRoot = AbsolutePath("hostRoot", values.HostRoot ?? "/"),
            VolumeRoots = Paths("volumeRoots", values.VolumeRoots ?? [AgentOptions.DefaultVolumeRoot]),
            RestoreRoots = Paths("restoreRoots", values.RestoreRoots ?? []),
            KubeletRoot = Optional("kubeletRoot", values.KubeletRoot),
            RestoreIntoVolumes = Flag("restoreIntoVolumes", values.RestoreIntoVolumes, true),
            SpoolDirectory = AbsolutePath("spool.dir", values.SpoolDirectory ?? Path.Combine(state, "spool")),
            SpoolBytesMax = Bytes("spool.maxBytes", values.SpoolBytesMax, AgentOptions.DefaultSpoolBytesMax),
            DrillDirectory = AbsolutePath("drills.dir", values.Drills?.GetValueOrDefault("dir") ?? Path.Combine(state, "drills")),
            DrillEtcdProgram = values.Drills?.GetValueOrDefault("etcd") is { } program ? AbsolutePath("drills.etcd", program) : "",
            ReadBytesPerSecond = Bytes("reading.bytesPerSecond", values.ReadBytesPerSecond, 0),
            ReadHungAfter = Seconds("reading.hungAfterSeconds", values.ReadHungAfterSeconds, TimeSpan.FromMinutes(2)),
            Labels = CheckLabels(values.Labels ?? new Dictionary<string, string>()),
            LogLevel = Level(values.LogLevel),
        };
        return _faults.Count == 0 ? options : null;
    }

    private Role? AgentRole(string? text)
    {
        Role? role = PeerIdentity.ParseRole(text);
        Require(text is null || role is Role.ControlPlane or Role.Worker, $"role: '{text}' is neither control-plane nor worker.");
        return role;
    }

    private List<Uri> Addresses(IReadOnlyList<string> texts)
    {
        Require(texts.Count > 0, "coordinators: at least one address is needed, for example https://coordinator:8443.");
        List<Uri> addresses = [];
        foreach (string text in texts)
        {
            bool valid = Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttps && address.AbsolutePath == "/";
            Require(valid, $"coordinators: '{text}' is not an address of the form https://host:port.");
            if (valid)
            {
                addresses.Add(address!);
            }
        }

        return addresses;
    }

    private string[] Paths(string name, IReadOnlyList<string> texts) => [.. texts.Select(text => AbsolutePath(name, text))];

    private string Optional(string name, string? text) => string.IsNullOrEmpty(text) ? "" : AbsolutePath(name, text);

    private string AbsolutePath(string name, string text)
    {
        bool valid = text.StartsWith('/') && !text.Contains('\0') && !text.Split('/').Any(part => part is "." or "..");
        Require(valid, $"{name}: '{text}' is not an absolute path without '.' and '..'.");
        return text.Length > 1 ? text.TrimEnd('/') : text;
    }

    private long Bytes(string name, string? text, long otherwise)
    {
        if (text is null)
        {
            return otherwise;
        }

        (string digits, int shift) = text switch
        {
            _ when text.EndsWith("GiB", StringComparison.Ordinal) => (text[..^3], 30),
            _ when text.EndsWith("MiB", StringComparison.Ordinal) => (text[..^3], 20),
            _ => (text, 0),
        };
        bool valid = long.TryParse(digits.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && number > 0 && number <= long.MaxValue >> shift;
        Require(valid, $"{name}: '{text}' is not a size such as 9GiB, 512MiB or a number of bytes.");
        return valid ? number << shift : otherwise;
    }

    private bool Flag(string name, string? text, bool otherwise)
    {
        Require(text is null or "true" or "false", $"{name}: '{text}' is neither true nor false.");
        return text is null ? otherwise : text == "true";
    }

    private TimeSpan Seconds(string name, string? text, TimeSpan otherwise)
    {
        int seconds = 0;
        bool valid = text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) && seconds is > 0 and <= 86_400);
        Require(valid, $"{name}: '{text}' is not a number of seconds from 1 to 86400.");
        return valid && text is not null ? TimeSpan.FromSeconds(seconds) : otherwise;
    }

    private IReadOnlyDictionary<string, string> CheckLabels(IReadOnlyDictionary<string, string> labels)
    {
        Require(labels.Count <= AgentOptions.LabelsMax, $"labels: {labels.Count} are given; {AgentOptions.LabelsMax} are allowed.");
        foreach ((string key, string value) in labels)
        {
            Require(key.Length is > 0 and <= 317 && value.Length <= 63, $"labels: '{key}' or its value is too long or empty.");
        }

        return labels;
    }

    private LogLevel Level(string? text)
    {
        LogLevel level = LogLevel.Information;
        bool valid = text is null || (Enum.TryParse(text, ignoreCase: true, out level) && Enum.IsDefined(level) && !char.IsAsciiDigit(text[0]));
        Require(valid, $"logLevel: '{text}' is none of {string.Join(", ", Enum.GetNames<LogLevel>()).ToLowerInvariant()}.");
        return level;
    }

    private void Require(bool condition, string fault)
    {
        if (!condition)
        {
            _faults.Add(fault);
        }
    }
}
