using K8sBackup.Coordinator.Volumes;
using static K8sBackup.Coordinator.Tests.Volumes.TestCluster;

namespace K8sBackup.Coordinator.Tests.Volumes;

public sealed class VolumeUsesTests
{
    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef", true)]
    [InlineData("p-shop-victim", false)]
    public void Of_PodThatSaysItIsStatic_IsBelievedUnlessItNamesAnotherPodsDirectory(string hash, bool isBelieved)
    {
        TestCluster cluster = new TestCluster().Pod("shop", "victim", "n1", Empty("data")).Pod(
            "tenant", "guest", "n1", new Dictionary<string, string> { ["kubernetes.io/config.mirror"] = hash, ["kubernetes.io/config.hash"] = hash }, "Running", Empty("data"));

        VolumeUse guest = VolumeUses.Of(cluster.State).Single(use => use.Volume.Namespace == "tenant");

        Assert.Equal(isBelieved ? hash : "", guest.PodDirectory);
    }
}
