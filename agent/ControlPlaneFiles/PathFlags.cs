namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>Which flags of control-plane components name files the component cannot start without.</summary>
internal static class PathFlags
{
    // Endings the components' authors use for inputs: --client-ca-file, --etcd-cafile, --kubeconfig, --encryption-provider-config,
    // --requestheader-client-ca-file, --tls-private-key-file, --service-account-key-file, --admission-control-config-file, ...
    private static readonly string[] Endings =
        ["-file", "-cafile", "-certfile", "-keyfile", "kubeconfig", "-config", "-kubeconfig", "-certificate-authority", "-client-certificate", "-client-key", "-cert-dir"];

    // Outputs, and things that only look like inputs.
    private static readonly string[] NotInputs = ["log-file", "pid-file", "audit-log-path", "data-dir", "wal-dir", "lock-file"];

    public static bool NamesInput(string flag) =>
        flag is "config" or "cert-file" or "key-file"
        || (!NotInputs.Contains(flag) && Endings.Any(ending => flag.EndsWith(ending, StringComparison.Ordinal)));
}
