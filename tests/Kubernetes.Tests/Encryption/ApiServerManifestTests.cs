using K8sBackup.Kubernetes.Encryption;

namespace K8sBackup.Kubernetes.Tests.Encryption;

public sealed class ApiServerManifestTests
{
    [Theory]
    [InlineData("[kube-apiserver, --encryption-provider-config=/enc/config.yaml]", "/enc/config.yaml")]
    [InlineData("[kube-apiserver, --encryption-provider-config, /enc/config.yaml]", "/enc/config.yaml")]
    [InlineData("[kube-apiserver, --encryption-provider-config=/mounted/deep/config.yaml]", "/srv/deeper/config.yaml")]
    [InlineData("[kube-apiserver, --encryption-provider-config=/mounted/config.yaml]", "/etc/kubernetes/enc/sub/config.yaml")]
    [InlineData("[kube-apiserver, --encryption-provider-config=/mountedelsewhere/config.yaml]", "/mountedelsewhere/config.yaml")]
    [InlineData("[kube-apiserver, --encryption-provider-config-automatic-reload=true]", null)]
    [InlineData("[kube-apiserver, --encryption-provider-config]", null)]
    [InlineData("[kube-apiserver]", null)]
    public void EncryptionConfigurationPath_IsTheNodes(string command, string? path)
    {
        string manifest = $$$"""
            kind: Pod
            spec:
              containers:
              - command: {{{command}}}
                volumeMounts:
                - {name: deep, mountPath: /mounted/deep}
                - {name: enc, mountPath: /mounted/, subPath: sub}
                - {name: other, mountPath: /mounted/deep/config.yaml}
              volumes:
              - {name: enc, hostPath: {path: /etc/kubernetes/enc/}}
              - {name: deep, hostPath: {path: /srv/deeper}}
              - {name: other, emptyDir: {}}
            """;

        Assert.Equal(path, ApiServerManifest.EncryptionConfigurationPath(manifest));
    }

    [Theory]
    [InlineData("")]
    [InlineData("kind: [")]
    [InlineData("- a")]
    [InlineData("kind: Pod")]
    [InlineData("spec: {containers: no}")]
    public void EncryptionConfigurationPath_NoManifest_IsNone(string text) => Assert.Null(ApiServerManifest.EncryptionConfigurationPath(text));
}
