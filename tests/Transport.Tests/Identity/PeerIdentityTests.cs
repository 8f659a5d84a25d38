using K8sBackup.Transport.Identity;

namespace K8sBackup.Transport.Tests.Identity;

public sealed class PeerIdentityTests
{
    [Theory]
    [InlineData(Role.ControlPlane)]
    [InlineData(Role.Worker)]
    [InlineData(Role.Operator)]
    [InlineData(Role.Coordinator)]
    public void TryParse_OwnUri_IsTheSame(Role role)
    {
        PeerIdentity identity = new("prod.example", role, "node-1.rack_2");
        Assert.True(PeerIdentity.TryParse(identity.ToUri(), out PeerIdentity? parsed));
        Assert.Equal(identity, parsed);
    }

    [Theory]
    [InlineData("spiffe://prod/worker")]
    [InlineData("spiffe://prod/worker/a/b")]
    [InlineData("spiffe://prod/admin/a")]
    [InlineData("spiffe:///worker/a")]
    [InlineData("spiffe://prod/worker/..")]
    [InlineData("spiffe://prod/worker/A")]
    [InlineData("https://prod/worker/a")]
    [InlineData("")]
    [InlineData(null)]
    public void TryParse_AnythingElse_IsFalse(string? uri) => Assert.False(PeerIdentity.TryParse(uri, out _));
}
