namespace K8sBackup.TestKit.ControlPlane;

/// <summary>Writes manifests of static pods, one flag a line, with each host directory mounted where it is on the host.</summary>
internal static class StaticPodFile
{
    public static void Write(string manifests, string name, string image, IReadOnlyList<string> hostDirectories, IEnumerable<string> flags) => File.WriteAllText(
        Path.Combine(manifests, $"{name}.yaml"),
        $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {name}
          namespace: kube-system
        spec:
          hostNetwork: true
          containers:
          - name: {name}
            image: {image}
            command:
            - {name}
        {Lines(flags.Select(flag => $"    - {flag}"))}
            volumeMounts:
        {Lines(hostDirectories.Select((path, i) => $"    - mountPath: {path}\n      name: host-{i}"))}
          volumes:
        {Lines(hostDirectories.Select((path, i) => $"  - hostPath:\n      path: {path}\n      type: DirectoryOrCreate\n    name: host-{i}"))}

        """);

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);
}
