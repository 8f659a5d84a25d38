using System.Globalization;
using System.Runtime.InteropServices;

namespace K8sBackup.Etcd.Booting;

/// <summary>How a server under test is started.</summary>
/// <param name="Name">The member's name.</param>
/// <param name="DataDirectory">Its data-dir.</param>
/// <param name="Ports">Where it listens.</param>
/// <param name="Credentials">What it shows and asks for.</param>
/// <param name="DatabaseBytes">Length of its database.</param>
internal sealed record ServerArguments(string Name, string DataDirectory, BootPorts Ports, BootCredentials Credentials, long DatabaseBytes)
{
    // A database at its quota raises an alarm at the first write, such as the end of a lease.
    private const long QuotaBytesMin = 8L << 30;

    /// <summary>The command line without the program.</summary>
    public IReadOnlyList<string> Words =>
    [
        "--name", Name,
        "--data-dir", DataDirectory,
        "--listen-client-urls", BootPorts.Text(Ports.Client),
        "--advertise-client-urls", BootPorts.Text(Ports.Client),
        "--listen-peer-urls", BootPorts.Text(Ports.Peer),
        "--initial-advertise-peer-urls", BootPorts.Text(Ports.Peer),
        "--initial-cluster", $"{Name}={BootPorts.Text(Ports.Peer)}",
        "--quota-backend-bytes", Math.Max(QuotaBytesMin, DatabaseBytes * 2).ToString(CultureInfo.InvariantCulture),
        "--cert-file", Credentials.CertificateFile,
        "--key-file", Credentials.KeyFile,
        "--trusted-ca-file", Credentials.AuthorityFile,
        "--client-cert-auth",
        "--peer-cert-file", Credentials.CertificateFile,
        "--peer-key-file", Credentials.KeyFile,
        "--peer-trusted-ca-file", Credentials.AuthorityFile,
        "--peer-client-cert-auth",
    ];

    /// <summary>
    /// The whole environment: none of this process's own settings, which may hold others' secrets and would, as ETCD_NAME and
    /// the like, be settings of the server. Versions up to 3.4 ask for the last one on other machines than amd64.
    /// </summary>
    public static IReadOnlyDictionary<string, string?> Environment { get; } = new Dictionary<string, string?>
    {
        ["PATH"] = "/usr/bin:/bin",
        ["ETCD_UNSUPPORTED_ARCH"] = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.Arm64 => "arm64",
            Architecture.Ppc64le => "ppc64le",
            Architecture.S390x => "s390x",
            _ => null,
        },
    };
}
