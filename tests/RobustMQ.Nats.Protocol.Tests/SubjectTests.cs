namespace RobustMQ.Nats.Protocol.Tests;

public class SubjectTests
{
    [Theory]
    [InlineData("a", true, true, false)]
    [InlineData("a.b.c", true, true, false)]
    [InlineData("*", true, false, false)]
    [InlineData("a.*.c", true, false, false)]
    [InlineData(">", true, false, false)]
    [InlineData("a.>", true, false, false)]
    [InlineData(">.a", false, false, false)]
    [InlineData("a.>.b", false, false, false)]
    [InlineData("a*", true, true, false)]
    [InlineData("a>.b", true, true, false)]
    [InlineData("**", true, true, false)]
    [InlineData("", false, false, true)]
    [InlineData(".", false, false, true)]
    [InlineData("a.", false, false, true)]
    [InlineData(".a", false, false, true)]
    [InlineData("a..b", false, false, true)]
    [InlineData("\xff.\xfe", true, true, false)]
    public void Subjects_are_those_of_nats_server(string subject, bool isFilter, bool isLiteral, bool hasEmptyToken)
    {
        var bytes = Conversation.Bytes(subject);

        Assert.Equal(isFilter, NatsSubjects.IsFilter(bytes));
        Assert.Equal(isLiteral, NatsSubjects.IsLiteral(bytes));
        Assert.Equal(hasEmptyToken, NatsSubjects.HasEmptyToken(bytes));
    }

    [Fact]
    public void A_subject_of_thousands_of_tokens_is_as_good_as_another()
    {
        var subject = Conversation.Bytes(string.Join('.', Enumerable.Repeat("t", 2000)));

        Assert.True(NatsSubjects.IsLiteral(subject));
        Assert.True(NatsSubjects.IsFilter([.. subject, .. ".>"u8]));
        Assert.False(NatsSubjects.IsFilter([.. ">."u8, .. subject]));
    }
}
