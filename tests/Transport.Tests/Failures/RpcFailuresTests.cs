using Grpc.Core;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Failures;

namespace K8sBackup.Transport.Tests.Failures;

public sealed class RpcFailuresTests
{
    public static TheoryData<FailureCause> Causes() => [.. Enum.GetValues<FailureCause>()];

    [Theory]
    [MemberData(nameof(Causes))]
    public void ToFailure_OfItsOwnException_IsTheSame(FailureCause cause)
    {
        Failure failure = new("worker-1", "volume/data@worker-1", cause, "no room for 3 MiB");
        Assert.Equal(failure, RpcFailures.ToFailure(RpcFailures.ToRpcException(failure)));
        Assert.NotEqual(StatusCode.OK, RpcFailures.CodeOf(cause));
    }

    [Fact]
    public void ToRpcException_TextThatIsNoHeader_KeepsTheMessageOnly()
    {
        RpcException e = RpcFailures.ToRpcException(new Failure("n\nx", "", FailureCause.NotFound, "näme\n"));
        Assert.Equal("näme\n", e.Status.Detail);
        Assert.Equal("", RpcFailures.ToFailure(e).Node);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, FailureCause.NodeUnavailable)]
    [InlineData(StatusCode.Unauthenticated, FailureCause.PermissionDenied)]
    [InlineData(StatusCode.Unknown, FailureCause.Internal)]
    public void ToFailure_ForeignStatus_IsMappedByItsCode(StatusCode code, FailureCause expected) =>
        Assert.Equal(expected, RpcFailures.ToFailure(new RpcException(new Status(code, "x"))).Cause);
}
