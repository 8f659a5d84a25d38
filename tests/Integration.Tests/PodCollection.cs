namespace K8sBackup.Integration.Tests;

/// <summary>Tests that share one cluster of pods, and make plans of what each of them needs alone.</summary>
[CollectionDefinition(Name)]
public sealed class PodCollection : ICollectionFixture<PodVolumeFixture>
{
    public const string Name = "pods";
}
